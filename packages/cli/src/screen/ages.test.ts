import { describe, expect, it } from 'vitest';
import { ageSince, ageText } from './ages.ts';

describe('an age', () => {
  it.each([
    [-5, '0s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [7_200_000, '2h'],
    [172_800_000, '2d'],
  ])('of %d ms reads %s', (ms, text) => expect(ageText(ms)).toBe(text));
});

describe('the age of a time', () => {
  it.each([
    [undefined, ''],
    ['odd', ''],
    ['2026-01-01T00:00:00Z', '60s'],
    ['2026-01-01T01:00:00Z', '0s'],
  ])('of %s is “%s”', (time, text) => expect(ageSince(time, Date.parse('2026-01-01T00:01:00Z'))).toBe(text));
});
