import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realRuns } from '../../e2e/catalogue/real-runs.ts';
import { readTools } from '../../e2e/catalogue/tools.ts';
import { readDoc } from './markdown.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = readDoc('catalogue.md');

describe('docs/catalogue.md', () => {
  it('says of each tool whether it was run, and of no other', () => {
    expect(Object.keys(realRuns).toSorted()).toEqual(readTools().map(({ name }) => name));
  });

  it('names no run that the suite does not have', () => {
    const suite = readFileSync(join(ROOT, 'e2e/cluster/catalogue-tools.cluster.ts'), 'utf8');
    const run = Object.entries(realRuns).filter(([, how]) => how.startsWith('yes: '));
    expect(run.length).toBeGreaterThan(0);
    expect(run.filter(([tool]) => !suite.includes(`untilStep('${tool}', `))).toEqual([]);
  });

  it('shows only YAML that stands in the catalogue', () => {
    const excerpts = [...page.matchAll(/^<!-- (examples\/catalogue\/\S+) -->\n```yaml\n(.*?)^```$/gms)];
    expect(excerpts).toHaveLength([...page.matchAll(/^```yaml$/gm)].length);
    const strange = excerpts.filter(
      ([, file = '', text = '']) => !readFileSync(join(ROOT, file), 'utf8').includes(text),
    );
    expect(strange.map(([excerpt]) => excerpt)).toEqual([]);
  });
});
