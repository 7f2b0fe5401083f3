import { describe, expect, it } from 'vitest';
import { readDoc, section, tableRows } from './markdown.ts';
import { PAGE_TABLES, withTables } from './page-tables.ts';

const NAMED = new Map([['a', '| new |']]);
const place = (name: string): string => `# Page\n\n<!-- table ${name} -->\n\nold\n\n<!-- end -->\n\nWords.\n`;

describe('a page with tables', () => {
  it('gets them in their places, and keeps its words', () => {
    expect(withTables('p.md', place('a'), NAMED)).toBe(
      '# Page\n\n<!-- table a -->\n\n| new |\n\n<!-- end -->\n\nWords.\n',
    );
  });

  it('has a place for each table and for no other', () => {
    expect(() => withTables('p.md', 'Words.\n', NAMED)).toThrow(
      'docs/p.md has no place for the table "a": add the lines "<!-- table a -->" and "<!-- end -->"',
    );
    expect(() => withTables('p.md', place('a') + place('b'), NAMED)).toThrow(
      'docs/p.md has a place for the table "b", which is not in the code',
    );
  });
});

describe.each([...PAGE_TABLES])('docs/%s', (page, tables) => {
  it('has the tables of the code: `npm run generate` writes them', () => {
    const text = readDoc(page);
    expect(text, 'write it anew: npm run generate').toBe(withTables(page, text, tables));
  });

  it('has no cell without words', () => {
    const rows = ['reason', 'code', 'exit code', 'tool'].flatMap((column) => tableRows(readDoc(page), column));
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.filter((cells) => cells.includes(''))).toEqual([]);
  });
});

it('a reason that two conditions share is explained once and named under the other', () => {
  const text = section(readDoc('reasons.md'), 'ResourceSubmitted');
  expect(tableRows(text, 'reason').map(([reason]) => reason)).not.toContain('`UnknownError`');
  expect(text).toMatch(/As under \[ResourcesSubmitted\]\(#resourcessubmitted\):.*`UnknownError`/);
});
