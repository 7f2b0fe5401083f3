import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readDoc } from './markdown.ts';

const ROOT = join(import.meta.dirname, '../..');

it.each([
  ['templates.md', 'examples/docs/'],
  ['catalogue.md', 'examples/catalogue/'],
  ['conventions.md', 'examples/'],
  ['scan-gate.md', 'examples/'],
])('docs/%s shows only YAML that stands in an example below %s that is run', (name, below) => {
  const page = readDoc(name);
  const blocks = [...page.matchAll(/^```yaml$/gm)];
  const excerpts = [...page.matchAll(/^<!-- (examples\/\S+) -->\n```yaml\n(.*?)^```$/gms)];
  expect(excerpts).toHaveLength(blocks.length);
  const strange = excerpts.filter(
    ([, file = '', text = '']) =>
      !file.startsWith(below) ||
      !existsSync(join(ROOT, file)) ||
      !readFileSync(join(ROOT, file), 'utf8').includes(text),
  );
  expect(strange.map(([excerpt]) => excerpt)).toEqual([]);
});

it('docs/templates.md mentions every example', () => {
  const page = readDoc('templates.md');
  const unmentioned = readdirSync(join(ROOT, 'examples/docs')).filter(
    (file) => !page.includes(`examples/docs/${file}`),
  );
  expect(unmentioned).toEqual([]);
});
