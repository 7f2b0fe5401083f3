import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStyle } from './style.ts';
import { keyValueLines, tableLines } from './table.ts';
import { widthOf } from './text.ts';

const bare = createStyle(false);
const cells = fc.string({ unit: 'grapheme', maxLength: 12 });
const rows = fc.array(fc.tuple(cells, cells, cells), { maxLength: 6 });

describe('a table', () => {
  it('aligns names of any script, and makes escapes visible', () => {
    expect(
      tableLines(
        {
          head: ['NAME', 'STATE', 'MESSAGE'],
          rows: [
            ['web', 'ready', ''],
            ['注文', 'failed', 'no\u001b[2J such\nfile'],
          ],
        },
        bare,
      ),
    ).toEqual(['NAME   STATE    MESSAGE', 'web    ready', '注文   failed   no\\x1b[2J such file']);
  });

  it('is cut in its last column only, and only on a terminal', () => {
    const table = { head: ['A', 'B'], rows: [['a', 'x'.repeat(40)]] };
    expect(tableLines(table, bare, 20)).toEqual(['A   B', `a   ${'x'.repeat(15)}…`]);
    expect(tableLines(table, bare)).toEqual(['A   B', `a   ${'x'.repeat(40)}`]);
  });

  it('has a line for each row, each as wide as without colours', () => {
    fc.assert(
      fc.property(rows, fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }), (content, columns) => {
        const colour = createStyle(true);
        const head = ['A', 'B', 'C'];
        const painted = content.map((row) => row.map((text) => ({ text, paint: colour.good })));
        const plainLines = tableLines({ head, rows: content }, bare, columns);
        expect(tableLines({ head, rows: painted }, colour, columns).map(widthOf)).toEqual(plainLines.map(widthOf));
        expect(plainLines).toHaveLength(content.length + 1);
      }),
    );
  });

  it('of names and values goes on in the next line', () => {
    expect(
      keyValueLines(
        [
          ['name', 'web'],
          ['message', 'one two three'],
        ],
        19,
      ),
    ).toEqual(['name:     web', 'message:  one two', '          three']);
  });
});
