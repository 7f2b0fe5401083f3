import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FileResult, isMissed, type Results, scoreOf } from './results.ts';

const PAGE = join(import.meta.dirname, '../../docs/testing.md');
const TABLE = /^\| module \|.*\n(?:\|.*\n)*/m;

/** The page that shows the scores. */
export function readPage(): string {
  return readFileSync(PAGE, 'utf8');
}

/** Writes the scores into the page. */
export function writePage(results: Results): void {
  writeFileSync(PAGE, withScores(readPage(), results));
}

/** A page with its table of scores, which has to be there, made anew. */
export function withScores(page: string, results: Results): string {
  if (!TABLE.test(page)) throw new Error('docs/testing.md has no table that begins with "| module |"');
  return page.replace(TABLE, () => scoreTable(results));
}

/** The scores by module (a room, or a package without rooms), as a table in Markdown. */
export function scoreTable(results: Results): string {
  const modules = Map.groupBy(Object.entries(results), ([file]) => moduleOf(file));
  const rows = [...modules]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, entries]) =>
      row(
        `\`${name}\``,
        entries.map(([, result]) => result),
      ),
    );
  const head = '| module | files | bugs | noticed | equal to none | not yet | score |\n|---|--:|--:|--:|--:|--:|--:|\n';
  return `${head}${[...rows, row('all', Object.values(results))].join('')}`;
}

function row(name: string, results: readonly FileResult[]): string {
  const sum = (of: (result: FileResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  const missed = sum(({ survivors }) => survivors.filter(isMissed).length);
  const equal = sum(({ survivors }) => survivors.length) - missed;
  const cells = [name, results.length, sum(({ bugs }) => bugs), sum(({ noticed }) => noticed), equal, missed];
  return `| ${cells.join(' | ')} | ${scoreOf(results).toFixed(1)} % |\n`;
}

/** `packages/engine/src/stand/stand-run.ts` is of `engine/stand`. */
function moduleOf(file: string): string {
  return file
    .replace(/^packages\//, '')
    .replace('/src/', '/')
    .replace(/\/[^/]+$/, '');
}
