import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getPath, isList, type Json, parseYamlDocuments } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { codeSpans, readDoc, section, tableRows } from './markdown.ts';

const ROOT = join(import.meta.dirname, '../..');
const DIFFERENCES = join(ROOT, 'packages/testkit/golden/differences');
const page = readDoc('compatibility.md');

/** Numbers of the scenarios by the sentence that says why they differ. */
function recorded(): Readonly<Record<string, readonly string[]>> {
  const scenarios: Record<string, string[]> = {};
  for (const file of readdirSync(DIFFERENCES).toSorted()) {
    const [entries] = parseYamlDocuments(readFileSync(join(DIFFERENCES, file), 'utf8'));
    const whys = new Set((isList(entries) ? entries : []).map((entry) => text(getPath(entry, 'why'))));
    for (const why of whys) (scenarios[why] ??= []).push(file.slice(0, 2));
  }
  return scenarios;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

describe('docs/compatibility.md', () => {
  it('has each difference from a recording with its reason and its scenarios', () => {
    const rows = tableRows(section(page, 'Differences from the recordings'), 'scenarios');
    expect(Object.fromEntries(rows.map(([why = '', list = '']) => [why, list.split(', ')]))).toEqual(recorded());
  });

  it('explains each scenario that differs in a table of its subject', () => {
    const explained = tableRows(page, 'shown by').flatMap(([, , , shown = '']) => {
      const scenarios = /scenarios? (?<numbers>[\d, and]+)/.exec(shown)?.groups?.['numbers'] ?? '';
      return [...scenarios.matchAll(/\d\d/g)].map(([number]) => number);
    });
    const differing = new Set(Object.values(recorded()).flat());
    const plain = recorded()['an object that is as it should be is not patched again, also where it has no spec'] ?? [];
    expect([...differing].filter((number) => !plain.includes(number) && !explained.includes(number))).toEqual([]);
  });

  it('names only tests and examples that exist', () => {
    const files = codeSpans(page).filter((text) => /^(packages|examples)\/.*\.(ts|yaml)$/.test(text));
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});
