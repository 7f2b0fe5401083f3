import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the pages are. */
export const DOCS = join(import.meta.dirname, '../../docs');

/** The text of a page in `docs/`. */
export function readDoc(name: string): string {
  return readFileSync(join(DOCS, name), 'utf8');
}

/** What stands between single backticks, in order. */
export function codeSpans(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
}

/** The cells of the rows of every table that has a column of this name. */
export function tableRows(page: string, column: string): readonly (readonly string[])[] {
  const lines = page.split('\n');
  const rows: (readonly string[])[] = [];
  lines.forEach((line, at) => {
    if (!line.startsWith('|') || !cells(line).includes(column) || !/^\|[-| :]+\|$/.test(lines[at + 1] ?? '')) return;
    for (let next = at + 2; lines[next]?.startsWith('|') === true; next += 1) rows.push(cells(lines[next] ?? ''));
  });
  return rows;
}

/** The part of a page under one heading, up to the next heading of the same or a higher level. */
export function section(page: string, heading: string): string {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start < 0) throw new Error(`the page has no heading "${heading}"`);
  const level = /^#+/.exec(lines[start] ?? '')?.[0].length ?? 1;
  const end = lines.findIndex((line, at) => at > start && /^#+ /.test(line) && line.indexOf(' ') <= level);
  return lines.slice(start + 1, end < 0 ? undefined : end).join('\n');
}

function cells(line: string): readonly string[] {
  return line
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}
