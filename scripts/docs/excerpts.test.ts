import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDoc } from './markdown.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = readDoc('templates.md');

describe('docs/templates.md', () => {
  it('shows only YAML that stands in an example that is run', () => {
    const blocks = [...page.matchAll(/^```yaml$/gm)];
    const excerpts = [...page.matchAll(/^<!-- (examples\/docs\/\S+) -->\n```yaml\n(.*?)^```$/gms)];
    expect(excerpts).toHaveLength(blocks.length);
    const strange = excerpts.filter(
      ([, file = '', text = '']) =>
        !existsSync(join(ROOT, file)) || !readFileSync(join(ROOT, file), 'utf8').includes(text),
    );
    expect(strange.map(([excerpt]) => excerpt)).toEqual([]);
  });

  it('mentions every example', () => {
    const unmentioned = readdirSync(join(ROOT, 'examples/docs')).filter(
      (file) => !page.includes(`examples/docs/${file}`),
    );
    expect(unmentioned).toEqual([]);
  });
});
