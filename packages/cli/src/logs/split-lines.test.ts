import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineSplitter } from './split-lines.ts';

describe('splitting bytes into lines', () => {
  it('gives the same lines wherever the pieces are cut, in the middle of a character too', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'ü', '€', '😀', '\n', '\r\n', ' ')),
        fc.array(fc.nat(9)),
        (parts, cuts) => {
          const bytes = Buffer.from(parts.join(''));
          const splitter = createLineSplitter();
          const lines: string[] = [];
          let from = 0;
          for (const length of [...cuts, bytes.length]) {
            lines.push(...splitter.push(bytes.subarray(from, from + length)));
            from += length;
          }
          const rest = splitter.rest();
          expect([...lines, ...(rest === undefined ? [] : [rest])]).toEqual(
            parts
              .join('')
              .replace(/\r?\n$/, '')
              .split(/\r?\n/)
              .slice(0, parts.length === 0 ? 0 : undefined),
          );
        },
      ),
    );
  });

  it('cuts a line that never ends, and says how much is missing', () => {
    const splitter = createLineSplitter(4);
    expect(splitter.push(Buffer.from('abc'))).toEqual([]);
    expect(splitter.push(Buffer.from('def\nshrt\n'))).toEqual(['abcd… (2 bytes more)', 'shrt']);
  });
});
