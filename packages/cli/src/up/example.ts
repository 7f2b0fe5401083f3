import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, getIfThere, type RestMapper } from '@cartographer/kube';
import { isList, isObject, type KubeObject, parseYamlDocuments } from '@cartographer/machinery';
import { prepareRepository } from './example-repository.ts';

const EXAMPLE = fileURLToPath(new URL('../../../../examples/hello', import.meta.url));
const FIELD_MANAGER = 'carto-example';

/** The example at work. */
export type Example = {
  /** The git repository to commit to. */
  readonly repository: string;
  /** An advisory for a package of the app, to be dropped into the folder of advisories. */
  readonly advisory: string;
  /** The workload's key. */
  readonly workload: string;
  /** Objects that were there and differ from the example's, such as `Workload default/hello`: they stay as they are. */
  readonly changed: readonly string[];
};

type Deps = { readonly client: Client; readonly mapper: RestMapper; readonly dir: string };

/**
 * Sets the example up: a git repository beside the other data, and the chain and workload in the cluster. Makes only
 * what is missing, so that what the user changed stays. Safe to repeat.
 */
export async function setUpExample(deps: Deps): Promise<Example> {
  const repository = join(deps.dir, 'hello');
  await prepareRepository(repository, join(EXAMPLE, 'app'));
  const changed: string[] = [];
  for (const object of await exampleObjects(repository)) {
    if (!(await stands(deps, object))) changed.push(nameOf(object));
  }
  return {
    repository,
    advisory: join(EXAMPLE, 'advisory', 'EXAMPLE-2026-0001.json'),
    workload: 'default/hello',
    changed,
  };
}

async function exampleObjects(repository: string): Promise<readonly KubeObject[]> {
  const chain = join(EXAMPLE, 'chain');
  const files = (await readdir(chain)).toSorted().map((name) => join(chain, name));
  const texts = await Promise.all([...files, join(EXAMPLE, 'workload.yaml')].map((file) => readFile(file, 'utf8')));
  return texts.flatMap((text) =>
    parseYamlDocuments(text.replaceAll('$REPOSITORY', () => JSON.stringify(repository))).map(
      (document) => document as KubeObject,
    ),
  );
}

/** Makes an object if it is missing. False when there is one that is not as the example has it. */
async function stands({ client, mapper }: Deps, object: KubeObject): Promise<boolean> {
  const type = await mapper.resourceFor(object);
  const { namespace, name = '' } = object.metadata;
  const live = await getIfThere(client, type, { namespace, name });
  if (live !== undefined) return holds(live, object);
  await client.create(type, object, { fieldManager: FIELD_MANAGER });
  return true;
}

/** Whether all that is wanted is there as it is wanted. What a server or a user added does not count. */
function holds(live: unknown, wanted: unknown): boolean {
  if (isList(wanted))
    return isList(live) && live.length === wanted.length && wanted.every((item, at) => holds(live[at], item));
  if (isObject(wanted))
    return isObject(live) && Object.entries(wanted).every(([key, value]) => holds(live[key], value));
  return live === wanted;
}

function nameOf({ kind, metadata: { namespace, name = '' } }: KubeObject): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}
