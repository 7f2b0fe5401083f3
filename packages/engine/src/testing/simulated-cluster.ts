import type {
  Json,
  JsonObject,
  KubeObject,
  MutableJsonObject,
  ObjectMeta,
  ResourceType,
} from '@cartographer/machinery';
import {
  applyMergePatch,
  clone,
  createMergePatch,
  deepEqual,
  deepFreeze,
  isObject,
  memoByIdentity,
  objectKey,
  parseApiVersion,
  qualifiedResource,
  setKey,
} from '@cartographer/machinery';
import { plan } from '../plan/plan.ts';
import { planBlueprint } from '../plan/plan-blueprint.ts';
import { planRunnable } from '../plan/plan-runnable.ts';
import { deliverableOwner, workloadOwner } from '../world/owner-kind.ts';
import type {
  Cluster,
  Deletion,
  Memory,
  ObjectKey,
  PlannedEvent,
  Settled,
  Write,
  WriteAnswer,
} from '../world/world.ts';

/** How a test lets the simulated server answer a write otherwise than by doing it. */
export type Refusal = (write: Write, live: KubeObject | undefined) => WriteAnswer | undefined;

/** What happened since the simulation began. */
export type Logged = { readonly writes: Write[]; readonly events: PlannedEvent[]; readonly statusWrites: string[] };

const NAMESPACE = 'team';

const type = (group: string, kind: string, resource: string, version = 'v1'): ResourceType => ({
  group,
  version,
  kind,
  resource,
  namespaced: true,
});

/** A world for the plan functions: objects in memory, writes done at once, and the controller's loop in small. */
export class SimulatedCluster {
  readonly log: Logged = { writes: [], events: [], statusWrites: [] };
  readonly objects = new Map<string, KubeObject>();
  readonly memories = new Map<string, Memory>();
  types: ResourceType[] = [
    type('', 'ConfigMap', 'configmaps'),
    type('', 'Secret', 'secrets'),
    type('golden.test', 'Thing', 'things'),
    type('golden.test', 'Thing', 'things', 'v1beta1'),
    type('golden.test', 'StatusThing', 'statusthings'),
    type('golden.test', 'Strict', 'stricts'),
    type('carto.run', 'Runnable', 'runnables', 'v1alpha1'),
    type('carto.run', 'Workload', 'workloads', 'v1alpha1'),
    type('carto.run', 'Deliverable', 'deliverables', 'v1alpha1'),
  ];
  refusal: Refusal = () => undefined;
  render: Cluster['rendered'] = () => undefined;
  /** Kinds whose definition carries `carto.run/read: current`. */
  currentKinds = new Set<string>();
  accounts = new Set([`${NAMESPACE}/default`]);
  pace: Cluster['pace'] = () => ({});
  second = 0;
  serial = 0;
  readonly #applied = new Map<string, KubeObject>();
  readonly #viewsOf = memoByIdentity((_object: KubeObject) => new Map<string, KubeObject>());

  get now(): string {
    return new Date(Date.UTC(2026, 0, 1, 0, 0, this.second)).toISOString().replace('.000', '');
  }

  /** Puts an object there, as a user would: a new one, or one that replaces what is there but for its status. */
  put(object: KubeObject): KubeObject {
    const key = keyOf(object);
    const old = this.objects.get(key);
    const next = { ...clone(object), ...(old?.['status'] === undefined ? {} : { status: old['status'] }) };
    return this.#store(key, next, old);
  }

  patch(kind: string, name: string, merge: JsonObject): KubeObject {
    const old = this.get(kind, name);
    return this.#store(keyOf(old), applyMergePatch(old, merge) as KubeObject, old);
  }

  get(kind: string, name: string): KubeObject {
    const found = this.all(kind).find((object) => object.metadata.name === name);
    if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
    return found;
  }

  all(kind: string): readonly KubeObject[] {
    return [...this.objects.values()].filter((object) => object.kind === kind);
  }

  delete(kind: string, name: string): void {
    this.#forget(keyOf(this.get(kind, name)));
  }

  #forget(key: string): void {
    this.objects.delete(key);
    this.#applied.delete(key);
  }

  #store(key: string, next: KubeObject, old: KubeObject | undefined): KubeObject {
    const changed = old === undefined || !sameContent(old, next);
    if (!changed) return old;
    this.serial += 1;
    const metadata: ObjectMeta = {
      ...next.metadata,
      ...(isNamespaced(next) ? { namespace: NAMESPACE } : {}),
      uid: old?.metadata.uid ?? `uid-${this.serial}`,
      creationTimestamp: old?.metadata.creationTimestamp ?? this.now,
      generation: (old?.metadata.generation ?? 0) + (old === undefined || generationMoves(old, next) ? 1 : 0),
      resourceVersion: String(this.serial),
    };
    const stored = deepFreeze({ ...next, metadata }) as KubeObject;
    this.objects.set(key, stored);
    return stored;
  }

  /** Reconciles everything until nothing changes any more. */
  settle(): void {
    for (let round = 0; round < 20; round += 1) {
      const before = this.serial;
      for (const kind of ['ClusterSupplyChain', 'ClusterDelivery']) for (const o of this.all(kind)) this.blueprint(o);
      for (const kind of ['Workload', 'Deliverable', 'Runnable']) for (const o of this.all(kind)) this.reconcile(o);
      if (this.serial === before) return;
    }
    throw new Error('the simulation does not come to rest');
  }

  blueprint(blueprint: KubeObject): void {
    const kind = blueprint.kind === 'ClusterDelivery' ? deliverableOwner : workloadOwner;
    const template: Cluster['template'] = (key) => this.#template(key.kind, key.name);
    const planned = planBlueprint({ kind, blueprint, template, now: this.now });
    if (planned.statusChanged) this.#writeStatus(blueprint, planned.status);
  }

  /** One reconcile, as the controller's loop does it. */
  reconcile(owner: KubeObject): Settled {
    const reconcile = this.begin();
    for (let round = 0; round < 100; round += 1) {
      const planned = this.planOnce(owner, reconcile.cluster);
      if (planned.kind === 'settled') {
        for (const { key, memory } of planned.remember) this.memories.set(key, memory);
        this.log.events.push(...planned.events);
        if (planned.statusChanged && planned.status !== undefined) this.#writeStatus(owner, planned.status);
        return planned;
      }
      for (const write of planned.writes) reconcile.write(write);
      for (const request of planned.deletes) reconcile.delete(request);
    }
    throw new Error('the plan never settles');
  }

  planOnce(owner: KubeObject, cluster: Cluster): ReturnType<typeof plan> {
    if (owner.kind === 'Runnable') return planRunnable({ owner, cluster, now: this.now });
    const kind = owner.kind === 'Deliverable' ? deliverableOwner : workloadOwner;
    return plan({
      kind,
      owner,
      blueprints: this.all(kind.blueprintKind),
      cluster,
      owned: this.#ownedBy(owner),
      now: this.now,
    });
  }

  #ownedBy(owner: KubeObject): readonly KubeObject[] {
    const isOwned = ({ metadata }: KubeObject) =>
      metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid);
    // As caches may show it: an object at each version of its kind.
    return [...this.objects.values()].filter(isOwned).flatMap((object) => {
      const { group } = parseApiVersion(object.apiVersion);
      const served = this.types.filter((type) => type.kind === object.kind && type.group === group);
      return served.map((type) => this.#at(type, object));
    });
  }

  /** The answers of one reconcile. */
  begin(): {
    readonly cluster: Cluster;
    write(write: Write): void;
    delete(request: Deletion['request']): void;
  } {
    const written = new Map<string, WriteAnswer>();
    const deletions: Deletion[] = [];
    const cluster: Cluster = {
      template: ({ kind, name }) => this.#template(kind, name),
      account: ({ namespace, name }) =>
        this.accounts.has(`${namespace}/${name}`) ? { kind: 'found', uid: `account-${name}` } : { kind: 'missing' },
      mapping: (apiVersion, kind) => this.#mapping(apiVersion, kind),
      readsCurrent: ({ kind }) => this.currentKinds.has(kind),
      observed: (key) => this.#observed(key),
      listed: ({ type: listedType, namespace, labels }) => ({
        kind: 'listed',
        objects: this.all(listedType.kind)
          .filter(({ metadata }) => metadata.namespace === namespace)
          .filter(({ metadata }) => Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value))
          .map((object) => this.#at(listedType, object)),
      }),
      written: (id) => written.get(id),
      deletions: () => deletions,
      rendered: (id) => this.render(id),
      recall: (key) => this.memories.get(key),
      pace: (resource) => this.pace(resource),
    };
    return {
      cluster,
      write: (write) => void written.set(write.id, this.#write(write)),
      delete: (request) => {
        const key = `${request.key.type.kind} ${objectKey(request.key)}`;
        deletions.push({ request, answer: { kind: 'deleted', found: this.objects.has(key) } });
        this.#forget(key);
      },
    };
  }

  #template(kind: string, name: string): KubeObject | undefined {
    return this.objects.get(`${kind} ${name}`);
  }

  #mapping(apiVersion: string, kind: string): ReturnType<Cluster['mapping']> {
    const found = this.types.find(
      (t) => t.kind === kind && apiVersion === [t.group, t.version].filter(Boolean).join('/'),
    );
    if (found !== undefined) return { kind: 'mapped', type: found };
    const { group } = parseApiVersion(apiVersion);
    const otherVersion = this.types.find((t) => t.kind === kind && t.group === group);
    const message = `no matches for kind "${kind}" in version "${apiVersion}"`;
    return { kind: 'noMatch', message, ...(otherVersion === undefined ? {} : { otherVersion }) };
  }

  #observed({ type, ...key }: ObjectKey): ReturnType<Cluster['observed']> {
    const object = this.objects.get(`${type.kind} ${objectKey(key)}`);
    return object === undefined ? { kind: 'absent' } : { kind: 'present', object: this.#at(type, object) };
  }

  /** The object at a version of its kind: the same object for the same input. */
  #at({ group, version }: ResourceType, object: KubeObject): KubeObject {
    const apiVersion = group === '' ? version : `${group}/${version}`;
    if (object.apiVersion === apiVersion) return object;
    const views = this.#viewsOf(object);
    const view = views.get(apiVersion) ?? (deepFreeze({ ...object, apiVersion }) as KubeObject);
    views.set(apiVersion, view);
    return view;
  }

  #write(write: Write): WriteAnswer {
    this.log.writes.push(write);
    const key = keyOf(write.object);
    const live = this.objects.get(key);
    const refused = this.refusal(write, live);
    if (refused !== undefined) return refused;
    if (write.verb === 'tryApply') return { kind: 'done', object: live ?? write.object, created: false };
    if (write.verb === 'create' && live !== undefined) {
      const message = `${qualifiedResource(write.type)} "${write.object.metadata.name ?? ''}" already exists`;
      return { kind: 'exists', object: live, message };
    }
    const next = write.verb === 'apply' ? this.#merged(key, live, write.object) : write.object;
    const object = this.#store(key, next, live);
    this.#applied.set(key, write.object);
    return { kind: 'done', object, created: live === undefined };
  }

  /** Server-side apply in small: what we applied before and no longer do goes, what we apply now is set. */
  #merged(key: string, live: KubeObject | undefined, desired: KubeObject): KubeObject {
    if (live === undefined) return desired;
    const last = this.#applied.get(key) ?? desired;
    const less = applyMergePatch(live, createMergePatch(last, desired));
    return overlay(less, desired) as KubeObject;
  }

  #writeStatus(owner: KubeObject, status: JsonObject): void {
    this.log.statusWrites.push(`${owner.kind}/${owner.metadata.name ?? ''}`);
    this.#store(keyOf(owner), { ...this.objects.get(keyOf(owner)), ...owner, status: clone(status) }, owner);
  }
}

function overlay(base: Json | undefined, top: Json | undefined): Json {
  if (!isObject(base) || !isObject(top)) return top ?? null;
  const result: MutableJsonObject = { ...base };
  for (const key of Object.keys(top)) setKey(result, key, overlay(base[key], top[key]));
  return result;
}

const SPECIAL = new Set(['resourceVersion', 'uid', 'creationTimestamp', 'generation', 'namespace']);

function sameContent(a: KubeObject, b: KubeObject): boolean {
  const bare = ({ metadata, ...rest }: KubeObject) => ({
    ...rest,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !SPECIAL.has(key))),
  });
  return deepEqual(bare(a), bare(b));
}

/** Without a status subresource (Thing) every change but of metadata counts, else changes of spec. */
function generationMoves(old: KubeObject, next: KubeObject): boolean {
  if (!deepEqual(old['spec'], next['spec'])) return true;
  return next.kind === 'Thing' && !deepEqual(old['status'], next['status']);
}

function isNamespaced({ kind }: KubeObject): boolean {
  return !kind.startsWith('Cluster');
}

function keyOf(object: KubeObject): string {
  const { name } = object.metadata;
  return `${object.kind} ${isNamespaced(object) ? `${NAMESPACE}/${name ?? ''}` : (name ?? '')}`;
}
