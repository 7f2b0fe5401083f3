import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineDiff } from './line-diff.ts';
import { createStyle } from './style.ts';

const bare = createStyle(false);
const lines = fc
  .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 })
  .map((all) => all.map((line) => `${line}\n`).join(''));

describe('the difference of two texts', () => {
  it('has both line numbers, a sign, and dots for what is left out', () => {
    const before = Array.from({ length: 12 }, (_, n) => `line ${n + 1}\n`).join('');
    const after = before.replace('line 7\n', 'line seven\nand more\n');
    expect(lineDiff(before, after, bare)).toEqual([
      '...',
      ' 3  3   |line 3',
      ' 4  4   |line 4',
      ' 5  5   |line 5',
      ' 6  6   |line 6',
      ' 7    - |line 7',
      '    7 + |line seven',
      '    8 + |and more',
      ' 8  9   |line 8',
      ' 9 10   |line 9',
      '10 11   |line 10',
      '11 12   |line 11',
      '...',
    ]);
  });

  it('of equal texts is nothing', () => {
    expect(lineDiff('a\n', 'a\n', bare)).toEqual([]);
  });

  it('has every line that one side lacks', () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const shown = lineDiff(before, after, bare);
        const count = (sign: string): number => shown.filter((line) => line.includes(`${sign} |`)).length;
        const [old, now] = [before, after].map((text) => text.split('\n').length - 1);
        expect(count('+') - count('-')).toBe((now ?? 0) - (old ?? 0));
        expect(shown.length === 0).toBe(before === after);
      }),
    );
  });
});
