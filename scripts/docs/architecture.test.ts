import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeSpans, readDoc, tableRows } from './markdown.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = readDoc('architecture.md');

/** What `scripts/arrows.test.ts` allows, read from its text. */
function allowedArrows(): Readonly<Record<string, readonly string[]>> {
  const source = readFileSync(join(ROOT, 'scripts/arrows.test.ts'), 'utf8');
  const body = /const ALLOWED[^=]*= \{(?<body>[^}]*)\}/.exec(source)?.groups?.['body'] ?? '';
  return Object.fromEntries(
    [...body.matchAll(/([\w-]+)'?: \[([^\]]*)\]/g)].map(([, name = '', list = '']) => [
      name,
      [...list.matchAll(/'([\w-]+)'/g)].map(([, target = '']) => target),
    ]),
  );
}

describe('docs/architecture.md', () => {
  it('draws the arrows that the test of imports allows', () => {
    const drawn = tableRows(page, 'may import').map(([name = '', , imports = '']) => [
      codeSpans(name)[0],
      codeSpans(imports),
    ]);
    expect(Object.fromEntries(drawn)).toEqual(allowedArrows());
  });

  it('has every package in the picture', () => {
    const drawn = tableRows(page, 'may import').map(([name = '']) => codeSpans(name)[0] ?? '');
    expect(drawn.toSorted()).toEqual(readdirSync(join(ROOT, 'packages')).toSorted());
  });

  it('names only files that exist', () => {
    const named = codeSpans(page).filter((text) => /^(packages|scripts|docs|examples|e2e|bench|deploy)\//.test(text));
    expect(named.length).toBeGreaterThan(40);
    expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('names what each file of a stage exports', () => {
    const pairs = [...page.matchAll(/`(packages\/[^`]+\.ts)`(?: \| | \()`(\w+)`/g)];
    const wrong = pairs.filter(([, file = '', name = '']) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      return !new RegExp(`export (async )?(function|const|class|interface|type) ${name}\\b`).test(text);
    });
    expect(pairs.length).toBeGreaterThan(40);
    expect(wrong.map(([found]) => found)).toEqual([]);
  });
});
