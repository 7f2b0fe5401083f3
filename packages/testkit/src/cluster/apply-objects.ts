import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, createRestMapper } from '@cartographer/kube';
import {
  type Clock,
  type Condition,
  findCondition,
  getPath,
  isObject,
  isTrue,
  type KubeObject,
  parseYamlDocuments,
  type ResourceType,
} from '@cartographer/machinery';

const FIELD_MANAGER = 'testkit';
const POLL_MS = 50;
const TIMEOUT_MS = 30_000;

const DEFINITIONS: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  namespaced: false,
};

/** The objects in a YAML file, or in all YAML files of a folder. */
export function readObjects(path: string, isWanted: (file: string) => boolean = () => true): readonly KubeObject[] {
  if (path.endsWith('.yaml')) return objectsIn(readFileSync(path, 'utf8'));
  return readdirSync(path)
    .filter((file) => file.endsWith('.yaml') && isWanted(file))
    .toSorted()
    .flatMap((file) => objectsIn(readFileSync(join(path, file), 'utf8')));
}

/** The objects of a YAML text. */
export function objectsIn(text: string): readonly KubeObject[] {
  return parseYamlDocuments(text)
    .filter((document) => isObject(document))
    .map((document) => document as KubeObject);
}

/** Applies objects as an administrator does, in their order; definitions are established when it resolves. */
export async function applyObjects(client: Client, clock: Clock, objects: readonly KubeObject[]): Promise<void> {
  const mapper = createRestMapper({ client, clock });
  for (const object of objects) {
    const type = await mapper.resourceFor(object);
    await client.apply(type, object, { fieldManager: FIELD_MANAGER, force: true });
  }
  const definitions = objects.filter(({ kind }) => kind === DEFINITIONS.kind);
  await Promise.all(definitions.map(({ metadata }) => established(client, clock, metadata.name ?? '')));
}

async function established(client: Client, clock: Clock, name: string): Promise<void> {
  const deadline = clock.now() + TIMEOUT_MS;
  for (;;) {
    const definition = await client.get(DEFINITIONS, { name });
    const conditions = getPath(definition['status'], 'conditions') as readonly Condition[] | undefined;
    if (isTrue(conditions, 'Established') && (await isServed(client, definition))) return;
    if (clock.now() > deadline) {
      throw new Error(`${name} was not established: ${JSON.stringify(findCondition(conditions, 'NamesAccepted'))}`);
    }
    await clock.sleep(POLL_MS);
  }
}

/** Whether each version can be listed: for a moment after it is established, a definition's kind is refused with 429. */
async function isServed(client: Client, { spec }: KubeObject): Promise<boolean> {
  const { group, names, versions } = spec as {
    readonly group: string;
    readonly names: { readonly plural: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
  for (const { name } of versions.filter(({ served }) => served)) {
    const path = `/apis/${group}/${name}/${names.plural}`;
    const { status } = await client.raw({ method: 'GET', path, query: { limit: '1', resourceVersion: '0' } });
    if (status !== 200) return false;
  }
  return true;
}
