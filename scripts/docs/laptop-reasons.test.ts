import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { codeSpans, readDoc, section, tableRows } from './markdown.ts';

const LAPTOP = join(import.meta.dirname, '../../packages/laptop/src');
const SOURCES = {
  GitRepository: ['git/kind/git-repository-status.ts', 'git/git-repository-reconciler.ts'],
  Image: ['image/image-status.ts', 'image/image-reconciler.ts'],
  Service: ['service/service-status.ts', 'service/service-reconciler.ts'],
} as const;

/** Where a reason stands in a source: in a union of reasons, in an outcome or event, or as an argument. */
const PLACES = [
  /type \w*Reason =(?<list>[^;]+);/g,
  /reason: (?<list>(?:'\w+'(?: \| )?)+)/g,
  /conditions\.set\([^,]+, [^,]+, (?<list>'\w+')/g,
  /\.event\(\s*\w+,\s*'\w+',\s*(?<list>'\w+')/g,
];

function reasonsIn(files: readonly string[]): ReadonlySet<string> {
  const text = files.map((file) => readFileSync(join(LAPTOP, file), 'utf8')).join('\n');
  const lists = PLACES.flatMap((place) => [...text.matchAll(place)].map((found) => found.groups?.['list'] ?? ''));
  return new Set(lists.flatMap((list) => [...list.matchAll(/'(\w+)'/g)].map(([, reason = '']) => reason)));
}

it.each(Object.keys(SOURCES) as (keyof typeof SOURCES)[])(
  'docs/laptop-reasons.md explains every reason of %s and no other',
  (kind) => {
    const rows = tableRows(section(readDoc('laptop-reasons.md'), kind), 'reason');
    const documented = rows.map(([reason = '']) => codeSpans(reason)[0] ?? '');
    expect(documented.toSorted()).toEqual([...reasonsIn(SOURCES[kind])].toSorted());
  },
);
