import { describe, expect, it } from 'vitest';
import { goDuration } from './go-duration.ts';

describe('a duration', () => {
  it.each([
    ['1h0m0s', 3_600_000],
    ['1m30s', 90_000],
    ['1m0s', 60_000],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['500ms', 500],
    ['0s', 0],
  ])('is printed as Go prints it: %s', (text, ms) => {
    expect(goDuration(ms)).toBe(text);
  });
});
