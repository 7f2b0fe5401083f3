import {
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  silentLog,
  type WatchEvent,
} from '@cartographer/machinery';
import { createFakeClock, type FakeClock } from '@cartographer/testkit';

import type {
  AdmissionHook,
  Caller,
  Core,
  DeleteOptions,
  Patch,
  ResourceInfo,
  WatchOptions,
  WriteOptions,
} from '../../core-api.ts';
import { StatusError } from '../../status-error.ts';
import { createCore } from '../create-core.ts';
import { createMemoryStore, type Store } from '../storage/store.ts';

/** A core for a test, with short words for what tests do all the time. Works on the namespace `default`. */
export type TestCore = {
  readonly core: Core;
  readonly clock: FakeClock;
  info(resource: string): ResourceInfo;
  create(resource: string, body: JsonObject, options?: TestOptions): Promise<KubeObject>;
  update(resource: string, body: JsonObject, options?: TestOptions): Promise<KubeObject>;
  patch(resource: string, name: string, kind: Patch['kind'], body: Json, options?: TestOptions): Promise<KubeObject>;
  /** Server-side apply by manager `m1` unless told otherwise. */
  apply(resource: string, body: JsonObject, options?: TestOptions): Promise<KubeObject>;
  remove(
    resource: string,
    name: string,
    options?: DeleteOptions & { readonly namespace?: string },
  ): Promise<JsonObject>;
  get(resource: string, name: string, namespace?: string): KubeObject;
  /** Whether the object is there. */
  has(resource: string, name: string, namespace?: string): boolean;
  names(resource: string, namespace?: string): Promise<readonly string[]>;
  watch(resource: string, options?: WatchOptions): Watched;
};

type TestOptions = WriteOptions & { readonly namespace?: string; readonly warnings?: string[] };

/** What a watch has delivered so far. */
type Watched = {
  readonly events: WatchEvent[];
  /** `TYPE:name` of the events so far, after all that is due has been delivered. */
  seen(): Promise<readonly string[]>;
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  stop(): void;
};

/** The group of a resource is found by its plural: `gadgets`, `leases`; `events.v1.events.k8s.io` names all there is. */
export async function createTestCore(
  options: { readonly store?: Store; readonly admission?: readonly AdmissionHook[]; readonly clock?: FakeClock } = {},
): Promise<TestCore> {
  const clock = options.clock ?? createFakeClock();
  const { store = createMemoryStore(), admission = [] } = options;
  const core = await createCore({ store, clock, log: silentLog, admission, caPem: 'CA' });
  const info = (resource: string): ResourceInfo => {
    const namesOf = ({ resource: plural, version, group }: ResourceInfo): readonly string[] => [
      plural,
      `${plural}.${group}`,
      `${plural}.${version}.${group}`,
    ];
    const found = core.registry.all().find((item) => namesOf(item).includes(resource));
    if (found === undefined) throw new Error(`no resource ${resource}`);
    return found;
  };
  const key = (resource: string, name: string, namespace = 'default') =>
    info(resource).namespaced ? { name, namespace } : { name };
  const nameOf = (body: JsonObject): string => (body['metadata'] as { name?: string } | undefined)?.name ?? '';
  return {
    core,
    clock,
    info,
    async create(resource, body, { namespace = 'default', warnings = [], ...rest } = {}) {
      const where = info(resource).namespaced ? namespace : undefined;
      return (await core.create(info(resource), where, body, rest, caller(warnings))).object;
    },
    async update(resource, body, { namespace, warnings = [], ...rest } = {}) {
      const at = key(resource, nameOf(body), namespace);
      return (await core.update(info(resource), at, body, rest, caller(warnings))).object;
    },
    async patch(resource, name, kind, body, { namespace, warnings = [], ...rest } = {}) {
      const at = key(resource, name, namespace);
      return (await core.patch(info(resource), at, { kind, body }, rest, caller(warnings))).object;
    },
    async apply(resource, body, { namespace, warnings = [], fieldManager = 'm1', ...rest } = {}) {
      const at = key(resource, nameOf(body), namespace);
      const write = { ...rest, fieldManager };
      return (await core.patch(info(resource), at, { kind: 'apply', body }, write, caller(warnings))).object;
    },
    async remove(resource, name, { namespace, ...rest } = {}) {
      const result = await core.delete(info(resource), key(resource, name, namespace), rest, caller([]));
      return result.kind === 'gone' ? result.status : result.object;
    },
    get: (resource, name, namespace) => core.get(info(resource), key(resource, name, namespace)),
    has(resource, name, namespace) {
      try {
        core.get(info(resource), key(resource, name, namespace));
        return true;
      } catch (error) {
        if (error instanceof StatusError && error.status.code === 404) return false;
        throw error;
      }
    },
    async names(resource, namespace = 'default') {
      const { items } = await core.list(info(resource), { namespace });
      return items.map(({ metadata }) => metadata.name ?? '');
    },
    watch: (resource, watchOptions = {}) => startWatch(core.watch(info(resource), watchOptions)),
  };
}

/** A caller whose user agent was `test`. */
function caller(warnings: string[] = []): Caller {
  return { user: { name: 'tester', groups: ['system:masters'] }, fieldManager: 'test', warnings };
}

function startWatch(stream: AsyncIterable<WatchEvent>): Watched {
  const events: WatchEvent[] = [];
  const iterator = stream[Symbol.asyncIterator]();
  const read = async (): Promise<void> => {
    for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) events.push(step.value);
  };
  const ended = read();
  return {
    events,
    ended,
    async seen() {
      for (let count = -1; count !== events.length; ) {
        count = events.length;
        await turn();
      }
      return events.map(({ type, object }) => `${type}:${(object as KubeObject).metadata?.name ?? ''}`);
    },
    stop: () => void iterator.return?.(),
  };
}

/** Lets promises and immediates run. */
export async function turn(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve));
}

/** `409 Conflict`, or `422 Invalid FieldValueRequired@spec.n`: what a refused write was answered. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  const { status } = await failureOf(work);
  const causes = (status.details?.causes ?? []).map(({ reason, field }) => `${reason}@${field}`);
  return [status.code, status.reason ?? '-', ...causes].join(' ');
}

/** The error that work fails with. */
export async function failureOf(work: Promise<unknown>): Promise<StatusError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

/** The object without what differs from run to run. */
export function plain(object: KubeObject): JsonObject {
  const { metadata, ...rest } = object as { metadata: JsonObject };
  const { uid: _uid, creationTimestamp: _time, managedFields: _fields, resourceVersion: _version, ...meta } = metadata;
  return { ...rest, metadata: meta };
}

/** The definition of a namespaced kind `Gadget` of group `probe.test` with the given schema of spec. */
export function gadgets(spec: JsonObject = {}, more: JsonObject = {}): JsonObject {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { type: 'object', properties: { spec: { ...open, ...spec }, status: open } };
  const version = { name: 'v1', served: true, storage: true, subresources: { status: {} } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gadgets.probe.test' },
    spec: {
      group: 'probe.test',
      scope: 'Namespaced',
      names: { plural: 'gadgets', kind: 'Gadget' },
      versions: [{ ...version, schema: { openAPIV3Schema: schema }, ...more }],
    },
  };
}

/** A Gadget. */
export function gadget(name: string, spec: Json = {}, metadata: JsonObject = {}): JsonObject {
  const base = { apiVersion: 'probe.test/v1', kind: 'Gadget', metadata: { name, ...metadata } };
  return isObject(spec) && Object.keys(spec).length === 0 ? base : { ...base, spec };
}
