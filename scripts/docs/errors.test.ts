import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { codeSpans, readDoc, tableRows } from './markdown.ts';

const PACKAGES = join(import.meta.dirname, '../../packages');

/** Variables of the environment are named alike and are no codes. */
const VARIABLES: ReadonlySet<string> = new Set(['CARTO_KEPT_BY']);

function codesInSources(): ReadonlySet<string> {
  const files = readdirSync(PACKAGES).flatMap((name) =>
    readdirSync(join(PACKAGES, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.m?ts$/.test(file) && !file.includes('.test.'))
      .map((file) => join(PACKAGES, name, 'src', file)),
  );
  return new Set(
    files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/'(CARTO_[A-Z_]+)'/g)].map(([, code = '']) => code),
    ),
  ).difference(VARIABLES);
}

it('docs/errors.md explains every error code of the sources, once, and no other', () => {
  const rows = tableRows(readDoc('errors.md'), 'code');
  expect(rows.filter((cells) => cells.length !== 3 || cells.includes(''))).toEqual([]);
  const documented = rows.map(([code = '']) => codeSpans(code)[0] ?? '');
  expect(documented.toSorted()).toEqual([...codesInSources()].toSorted());
});
