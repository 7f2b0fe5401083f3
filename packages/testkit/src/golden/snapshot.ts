import { carto, MADE_FROM_ANNOTATION, STAMP_DIGEST_ANNOTATION } from '@cartographer/api';
import type { Client } from '@cartographer/kube';
import type { Json, JsonObject, KubeObject, MutableJsonObject, ResourceType } from '@cartographer/machinery';
import { isObject, setKey } from '@cartographer/machinery';
import type { Placeholders } from './placeholders.ts';
import type { RecordedEvent, RecordedStatus, Snapshot } from './scenario.ts';

const core = (kind: string, resource: string, namespaced = true): ResourceType => ({
  group: '',
  version: 'v1',
  kind,
  resource,
  namespaced,
});
const golden = (kind: string): ResourceType => ({
  group: 'golden.test',
  version: 'v1',
  kind,
  resource: `${kind.toLowerCase()}s`,
  namespaced: true,
});

/** Every type that a scenario touches, by kind. */
const TYPES: Readonly<Record<string, ResourceType>> = {
  ...carto.kinds,
  Thing: golden('Thing'),
  StatusThing: golden('StatusThing'),
  Strict: golden('Strict'),
  ConfigMap: core('ConfigMap', 'configmaps'),
  Event: core('Event', 'events'),
  Namespace: core('Namespace', 'namespaces', false),
  ServiceAccount: core('ServiceAccount', 'serviceaccounts'),
  RoleBinding: {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    kind: 'RoleBinding',
    resource: 'rolebindings',
    namespaced: true,
  },
};

/** The type of a kind that scenarios use. */
export function typeOf(kind: string): ResourceType {
  const type = Object.hasOwn(TYPES, kind) ? TYPES[kind] : undefined;
  if (type === undefined) throw new Error(`no scenario is known to use kind ${kind}`);
  return type;
}

/** The kinds whose objects may be stamped. */
export const STAMPED_KINDS = ['ConfigMap', 'Runnable', 'StatusThing', 'Strict', 'Thing'] as const;
const OWNER_KINDS = ['Workload', 'Deliverable', 'Runnable'] as const;
const BLUEPRINT_KINDS = ['ClusterSupplyChain', 'ClusterDelivery'] as const;
const SHOWN_METADATA = [
  'name',
  'generateName',
  'namespace',
  'generation',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
] as const;

/** Reads what a scenario's namespace holds, in the form of the recordings. */
export async function takeSnapshot(
  client: Client,
  namespace: string,
  step: number,
  placeholders: Placeholders,
): Promise<Snapshot> {
  const lists = async (kinds: readonly string[]) =>
    (await Promise.all(kinds.map((kind) => listOf(client, namespace, kind)))).flat();
  const [owners, blueprints, objects, events] = await Promise.all([
    lists(OWNER_KINDS),
    lists(BLUEPRINT_KINDS),
    lists(STAMPED_KINDS),
    lists(['Event']),
  ]);
  return placeholders.hide({
    step,
    owners: owners.map(shownStatus),
    blueprints: blueprints.map(shownStatus),
    objects: objects.filter(isStamped).map(shownObject),
    events: events.filter(isAboutOurs).map(shownEvent),
  });
}

/** All objects of a kind; those with a namespace only in this one. A list leaves out the kind of its items. */
export async function listOf(client: Client, namespace: string, kind: string): Promise<readonly KubeObject[]> {
  const type = typeOf(kind);
  const { items } = await client.list(type, type.namespaced ? { namespace } : {});
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  return items.map((item) => ({ ...item, apiVersion, kind }));
}

function shownStatus({ kind, metadata, status }: KubeObject): RecordedStatus {
  return {
    kind,
    name: metadata.name ?? '',
    generation: metadata.generation ?? 0,
    status: status ?? null,
  };
}

/** Whether an object belongs to one of our owners. */
function isStamped({ metadata }: KubeObject): boolean {
  return (metadata.ownerReferences ?? []).some(({ apiVersion }) => apiVersion.startsWith('carto.run/'));
}

function shownObject(object: KubeObject): KubeObject {
  const metadata: MutableJsonObject = {};
  for (const key of SHOWN_METADATA) {
    const value = object.metadata[key] as Json | undefined;
    if (value !== undefined) metadata[key] = value;
  }
  metadata['ownerReferences'] = (object.metadata.ownerReferences ?? []).map((reference) => ({
    ...reference,
    uid: undefined,
  }));
  if (isObject(metadata['annotations'])) metadata['annotations'] = maskMarks(metadata['annotations']);
  // A stamped Runnable is an owner as well: its status is shown there.
  return object.kind === 'Runnable' ? { ...object, metadata, status: undefined } : { ...object, metadata };
}

/** What stands for the values of our marks on stamped objects. */
const MARKS = { [STAMP_DIGEST_ANNOTATION]: '<digest>', [MADE_FROM_ANNOTATION]: '<origins>' } as const;

/** The values of our marks are our own affair; that they are there is not. */
function maskMarks(annotations: JsonObject): JsonObject {
  const marks = Object.entries(MARKS).filter(([mark]) => Object.hasOwn(annotations, mark));
  return { ...annotations, ...Object.fromEntries(marks) };
}

/** A recorded object as we would leave it: with our marks. */
export function withMarks(object: KubeObject): KubeObject {
  const annotations: MutableJsonObject = { ...object.metadata.annotations };
  for (const [mark, value] of Object.entries(MARKS)) setKey(annotations, mark, value);
  return { ...object, metadata: { ...object.metadata, annotations: annotations as Record<string, string> } };
}

type EventObject = KubeObject & {
  readonly involvedObject: { readonly apiVersion?: string; readonly kind?: string; readonly name?: string };
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
  readonly source?: { readonly component?: string };
  readonly reportingComponent?: string;
};

function isAboutOurs(object: KubeObject): boolean {
  return (object as EventObject).involvedObject.apiVersion?.startsWith('carto.run/') === true;
}

function shownEvent(object: KubeObject): RecordedEvent {
  const { involvedObject, type, reason, message, count, source, reportingComponent } = object as EventObject;
  const about = `${involvedObject.kind}/${involvedObject.name}`;
  return { about, type, reason, message, count, source, reportingComponent };
}
