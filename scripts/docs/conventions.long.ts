import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDoc } from './markdown.ts';
import { hasKubectl, walkThrough } from './walk.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = readDoc('conventions.md');
const title = `the commands of docs/conventions.md${hasKubectl ? '' : ' (skipped: there is no kubectl on the PATH)'}`;

describe('docs/conventions.md', () => {
  it('shows only YAML that stands in the files that it names', () => {
    const blocks = [...page.matchAll(/^```yaml$/gm)];
    const excerpts = [...page.matchAll(/^<!-- (examples\/\S+) -->\n```yaml\n(.*?)^```$/gms)];
    expect(excerpts.length).toBe(blocks.length);
    for (const [, file = '', text = ''] of excerpts) expect(readFileSync(join(ROOT, file), 'utf8')).toContain(text);
  });

  it.skipIf(!hasKubectl)(
    `${title} do what it says`,
    async () => {
      expect(await walkThrough(page, { example: true })).toBeGreaterThan(8);
    },
    600_000,
  );
});
