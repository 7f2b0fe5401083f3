import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client, RestMapper } from '@cartographer/kube';
import { parseYamlDocuments, type KubeObject } from '@cartographer/machinery';
import { prepareRepository } from './example-repository.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../examples/hello');
const FIELD_MANAGER = 'carto-example';

/** The example at work. */
export type Example = {
  /** The git repository to commit to. */
  readonly repository: string;
  /** The workload's key. */
  readonly workload: string;
};

/**
 * Sets the example up: a git repository beside the other data (an existing one is kept, with the user's commits), and
 * the chain and workload in the cluster. Safe to repeat.
 */
export async function setUpExample(deps: { client: Client; mapper: RestMapper; dir: string }): Promise<Example> {
  const repository = join(deps.dir, 'hello');
  await prepareRepository(repository, join(EXAMPLE, 'app'));
  const chain = join(EXAMPLE, 'chain');
  for (const file of (await readdir(chain)).toSorted()) await applyFile(deps, join(chain, file));
  await applyFile(deps, join(EXAMPLE, 'workload.yaml'), { $REPOSITORY: repository });
  return { repository, workload: 'default/hello' };
}

async function applyFile(
  deps: { client: Client; mapper: RestMapper },
  file: string,
  values: Readonly<Record<string, string>> = {},
): Promise<void> {
  let text = await readFile(file, 'utf8');
  for (const [name, value] of Object.entries(values)) text = text.replaceAll(name, () => JSON.stringify(value));
  for (const document of parseYamlDocuments(text)) {
    const object = document as unknown as KubeObject;
    const type = await deps.mapper.resourceFor(object);
    await deps.client.apply(type, object, { fieldManager: FIELD_MANAGER, force: true });
  }
}
