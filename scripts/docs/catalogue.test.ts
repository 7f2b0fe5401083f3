import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realRuns } from '../../e2e/catalogue/real-runs.ts';
import { readTools } from '../../e2e/catalogue/tools.ts';

const ROOT = join(import.meta.dirname, '../..');

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
});
