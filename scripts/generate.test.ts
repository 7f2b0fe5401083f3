import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CRD_DIR, crdFiles } from './generate.ts';

it('deploy/crds holds what `npm run generate` writes', () => {
  const committed = new Map(
    readdirSync(CRD_DIR).map((name) => [name, readFileSync(join(CRD_DIR, name), 'utf8')] as const),
  );
  expect(committed).toEqual(crdFiles());
});
