/**
 * Writes what is generated from code and committed: the CustomResourceDefinitions in `deploy/crds`.
 * `npm run generate`; a test fails when the files are not what this would write.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crds } from '@cartographer/api';
import { asJson, toYaml } from '@cartographer/machinery';

/** Where the CustomResourceDefinitions are committed. */
export const CRD_DIR = join(import.meta.dirname, '..', 'deploy', 'crds');

const HEADER =
  '# Generated from packages/api by scripts/generate.ts: change the kind there, then run `npm run generate`.\n';

/** The name and text of each file in {@link CRD_DIR}. */
export function crdFiles(): ReadonlyMap<string, string> {
  return new Map(
    crds().map((crd) => [`carto.run_${crd.metadata.name?.split('.')[0]}.yaml`, HEADER + toYaml(asJson(crd))]),
  );
}

if (import.meta.main) {
  const files = crdFiles();
  mkdirSync(CRD_DIR, { recursive: true });
  for (const stale of readdirSync(CRD_DIR).filter((name) => !files.has(name))) rmSync(join(CRD_DIR, stale));
  for (const [name, text] of files) writeFileSync(join(CRD_DIR, name), text);
}
