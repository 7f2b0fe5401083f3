import { randomUUID } from 'node:crypto';

import {
  type Clock,
  deepFreeze,
  type JsonObject,
  type KubeObject,
  type Log,
  rfc3339,
  trackUpdate,
} from '@cartographer/machinery';

import type { AdmissionHook, Core, GetOptions, ObjectKey, ResourceInfo } from '../core-api.ts';
import { notFound } from '../status-error.ts';
import { createControllers } from './controllers/controllers.ts';
import { type CrdController, createCrdController } from './crd/crd-controller.ts';
import type { Crd } from './crd/crd-types.ts';
import { createBuiltInResources, tableId } from './kinds/built-in-resources.ts';
import { createLister } from './list.ts';
import { commitObject } from './pipeline/commit.ts';
import { createObject } from './pipeline/create.ts';
import { deleteObject, deleteObjects } from './pipeline/delete.ts';
import { patchObject } from './pipeline/patch.ts';
import { updateObject } from './pipeline/update.ts';
import type { WriteContext } from './pipeline/write-context.ts';
import { createRegistry, type ResourceRegistry } from './registry.ts';
import { parseVersion } from './resource-version.ts';
import type { ServedResource } from './served-resource.ts';
import { createJournal, type Journal } from './storage/journal.ts';
import type { Store, StoredObject } from './storage/store.ts';
import { openWatch } from './watch.ts';

/** What the core of an API server is made of. */
export type CoreOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly admission?: readonly AdmissionHook[];
  /** Goes into the ConfigMap `kube-root-ca.crt` of every namespace. */
  readonly caPem?: string;
  /** Between 0 and 1; `Math.random` when left out. */
  readonly random?: () => number;
};

const BOOTSTRAP_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Opens the core over a store: loads what is there, makes the bootstrap namespaces, starts the controllers. */
export async function createCore(options: CoreOptions): Promise<Core> {
  try {
    return await openCore(options);
  } catch (error) {
    options.store.close(); // its folder is free again for whoever repairs it
    throw error;
  }
}

async function openCore(options: CoreOptions): Promise<Core> {
  const { store, clock, log, admission = [], caPem = '', random = Math.random } = options;
  const loaded = store.load();
  const journal = createJournal(store, clock, loaded.resourceVersion);
  const registry = createRegistry();
  const builtIn = createBuiltInResources(loaded.resourceVersion);
  for (const versions of Map.groupBy(builtIn, (one) => tableId(one.group, one.resource)).values()) {
    const [{ group, resource } = { group: '', resource: '' }] = versions;
    registry.replace(group, resource, versions);
  }
  const definitions = required(registry, 'apiextensions.k8s.io', 'customresourcedefinitions');
  const crds = createCrdController({ registry, clock, log, resourceVersion: () => journal.resourceVersion });
  const context: WriteContext = {
    registry,
    journal,
    clock,
    hooks: admission,
    random,
    newUid: randomUUID,
    committed: (resource, object, old) => {
      if (resource === definitions) followUp(context, definitions, crds, object, old);
    },
  };
  fill(registry, crds, definitions, [...loaded.objects], log);
  followRollbacks(journal, definitions, crds);
  const controllers = createControllers(context, definitions, caPem, log);
  await bootstrap(context);
  await controllers.settled();
  return new EmbeddedCore(context, controllers, clock);
}

function required(registry: ResourceRegistry, group: string, resource: string): ServedResource {
  const found = registry.find(group, 'v1', resource);
  if (found === undefined) throw new Error(`${resource} are always served`);
  return found;
}

/** Keeps what is served in step with definitions, and definitions' status in step with what is served. */
function followUp(
  context: WriteContext,
  definitions: ServedResource,
  crds: CrdController,
  object: KubeObject,
  old: KubeObject | undefined,
): void {
  const { name = '' } = object.metadata;
  if (definitions.table.get('', name) === undefined) {
    crds.removed(object);
    // names may have become free for others
    for (const other of definitions.table.snapshot()) settle(context, definitions, crds, other, other);
    return;
  }
  settle(context, definitions, crds, object, old);
}

function settle(
  context: WriteContext,
  definitions: ServedResource,
  crds: CrdController,
  object: KubeObject,
  old: KubeObject | undefined,
): void {
  const settled = crds.committed(object, old);
  if (settled === undefined) return;
  const tracked = trackUpdate({
    live: object,
    updated: settled,
    manager: 'kube-apiserver',
    schema: definitions.rules.mergeSchema,
    apiVersion: object.apiVersion,
    time: rfc3339(context.clock.now()),
    subresource: 'status',
    resetFields: ['spec'],
  });
  commitObject(context, definitions, tracked, object);
}

function followRollbacks(journal: Journal, definitions: ServedResource, crds: CrdController): void {
  journal.onRollback((changes) => {
    for (const { table, change } of changes) {
      if (table !== definitions.table) continue;
      if (change.old === undefined) crds.removed(change.object);
      else crds.committed(change.old, undefined);
    }
  });
}

/** Puts the stored objects into their tables: definitions first, they make tables for the rest. */
function fill(
  registry: ResourceRegistry,
  crds: CrdController,
  definitions: ServedResource,
  objects: readonly StoredObject[],
  log: Log,
): void {
  const tables = new Map(registry.preferred().map(({ table }) => [table.id, table]));
  for (const { resource, name, object } of objects) {
    if (resource !== definitions.table.id) continue;
    definitions.table.set('', name, deepFreeze(object));
    const crd = object as Crd;
    const id = tableId(crd.spec.group, crd.spec.names.plural);
    if (!tables.has(id)) tables.set(id, crds.tableOf(crd)); // a built-in kind of that name keeps its objects
    crds.committed(object, undefined);
  }
  for (const { resource, namespace, name, object } of objects) {
    if (resource === definitions.table.id) continue;
    const table = tables.get(resource);
    if (table === undefined)
      log.warn({ resource, namespace, name }, 'stored object of an unknown resource is left alone');
    else table.set(namespace, name, deepFreeze(object));
  }
}

async function bootstrap(context: WriteContext): Promise<void> {
  const namespaces = required(context.registry, '', 'namespaces');
  const caller = {
    user: { name: 'system:apiserver', groups: ['system:masters'] },
    fieldManager: 'kube-apiserver',
    warnings: [],
  };
  for (const name of BOOTSTRAP_NAMESPACES) {
    if (namespaces.table.get('', name) !== undefined) continue;
    await createObject(context, namespaces, undefined, { metadata: { name } } satisfies JsonObject, {}, caller);
  }
}

class EmbeddedCore implements Core {
  readonly registry: ResourceRegistry;
  readonly #context: WriteContext;
  readonly #controllers: ReturnType<typeof createControllers>;
  readonly #lister: ReturnType<typeof createLister>;

  constructor(context: WriteContext, controllers: ReturnType<typeof createControllers>, clock: Clock) {
    this.registry = context.registry;
    this.#context = context;
    this.#controllers = controllers;
    this.#lister = createLister(context.journal, clock);
  }

  get resourceVersion(): string {
    return String(this.#context.journal.publishedVersion);
  }

  get(info: ResourceInfo, key: ObjectKey, options: GetOptions = {}): KubeObject {
    const resource = this.#resource(info);
    if (options.resourceVersion) parseVersion(options.resourceVersion);
    this.#context.journal.flush();
    const object = resource.table.get(key.namespace ?? '', key.name);
    if (object === undefined) throw notFound(info, key.name);
    return resource.view(object);
  }

  list: Core['list'] = async (info, options) => this.#lister.list(this.#resource(info), options);

  watch: Core['watch'] = (info, options) => {
    const { journal, clock, random } = this.#context;
    return openWatch(this.#resource(info), options, { journal, clock, random });
  };

  create: Core['create'] = async (info, ...rest) => createObject(this.#context, this.#resource(info), ...rest);

  update: Core['update'] = async (info, ...rest) => updateObject(this.#context, this.#resource(info), ...rest);

  patch: Core['patch'] = async (info, ...rest) => patchObject(this.#context, this.#resource(info), ...rest);

  delete: Core['delete'] = async (info, ...rest) => deleteObject(this.#context, this.#resource(info), ...rest);

  deleteCollection: Core['deleteCollection'] = async (info, ...rest) =>
    deleteObjects(this.#context, this.#resource(info), ...rest);

  async settled(): Promise<void> {
    await this.#context.journal.acknowledged().catch(() => undefined);
    await this.#controllers.settled();
  }

  async close(): Promise<void> {
    this.#controllers.close();
    this.#context.journal.flush();
    for (const { table } of this.registry.all()) for (const listener of table.listeners) listener.closed();
    this.#context.journal.close();
    await Promise.resolve();
  }

  /** The resource as it is served now: what a caller holds may be older than the last change of its definition. */
  #resource(info: ResourceInfo): ServedResource {
    const found = this.registry.find(info.group, info.version, info.resource);
    if (found === undefined) throw notFound({ group: info.group, resource: info.resource }, '');
    return found;
  }
}
