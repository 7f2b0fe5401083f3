import { describe, expect, it } from 'vitest';
import { childName } from './child-name.ts';
import { durationMs } from './duration-ms.ts';

describe('the name of a child', () => {
  it('is the parent’s with the suffix, and stays below 64 characters with a hash for what is cut', () => {
    expect(childName('good', '-unit')).toBe('good-unit');
    const long = 'a'.repeat(70);
    expect(childName(long, '-unit')).toBe(`${'a'.repeat(26)}0f5c6c4e740bfcc08c3c26ccb2673d46-unit`);
    expect(childName(long, '-unit')).toHaveLength(63);
    expect(childName('short', `-${'b'.repeat(80)}`).length).toBeLessThanOrEqual(63);
    expect(childName(`${long}1`, '-unit')).not.toBe(childName(`${long}2`, '-unit'));
  });
});

describe('a duration', () => {
  it.each([
    ['1h0m0s', 3_600_000],
    ['1m30s', 90_000],
    ['1.5s', 1_500],
    ['500ms', 500],
    ['0s', 0],
  ])('is read as Go prints it: %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it('may be a bare zero, and is nothing when it is none', () => {
    expect([durationMs('0'), durationMs('soon'), durationMs(undefined)]).toEqual([0, undefined, undefined]);
  });
});
