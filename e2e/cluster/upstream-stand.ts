import { carto, FIELD_MANAGER, MADE_FROM_ANNOTATION, STAMP_DIGEST_ANNOTATION } from '@cartographer/api';
import { createRestMapper, type RestMapper, systemClock } from '@cartographer/kube';
import { isObject, type JsonObject, type KubeObject, parseJson, type ResourceType } from '@cartographer/machinery';
import { applyObjects, grantedAccount, loadScenario, type Scenario, type TestCluster } from '@cartographer/testkit';

/** Upstream writes as this manager, by create, and by merge patch of what is there. */
const UPSTREAM = { fieldManager: FIELD_MANAGER } as const;
/** Runs are told apart by their age in whole seconds. */
const A_SECOND_MS = 1_050;

/** What upstream had left after a step of a recording, when it was stopped. */
export type UpstreamStand = {
  readonly namespace: string;
  readonly owner: string;
  /** The stamped objects, as they stand in the cluster. */
  readonly objects: readonly KubeObject[];
  /** The owner's status as recorded. */
  readonly status: JsonObject;
};

/**
 * Makes a cluster be as upstream left it after a step of a recording: the same objects, owned by the same manager, with a
 * field that an older template had; without any trace of ours. Whose status the template does not say has it from somebody else.
 */
export async function leaveAsUpstream(cluster: TestCluster, recording: string, step: number): Promise<UpstreamStand> {
  const scenario = loadScenario(recording);
  const { namespace } = scenario;
  const mapper = createRestMapper({ client: cluster.client, clock: systemClock });
  await applyObjects(cluster.client, systemClock, prelude(namespace));
  await playToOwners(cluster, scenario, step);
  const owner = await cluster.client.get(carto.kinds.Workload, { namespace, name: 'app' });
  const recorded = scenario.recorded.find((snapshot) => snapshot.step === step);
  if (recorded === undefined) throw new Error(`${recording} has no step ${step}`);
  const names = new Map<string, string>();
  const objects: KubeObject[] = [];
  for (const object of recorded.objects) {
    const made = await stampAsUpstream(cluster, mapper, revealed(object, namespace), owner);
    names.set(object.metadata.name ?? '', made.metadata.name ?? '');
    objects.push(made);
  }
  const status = revealed(recorded.owners[0]?.status ?? {}, namespace, names) as JsonObject;
  await cluster.client.patch(
    carto.kinds.Workload,
    { namespace, name: 'app' },
    { kind: 'merge', subresource: 'status', ...UPSTREAM, body: { status } },
  );
  return { namespace, owner: 'app', objects, status };
}

/** The blueprint, the templates and the owner as they are after the step. */
async function playToOwners(cluster: TestCluster, { steps, namespace }: Scenario, last: number): Promise<void> {
  for (const step of steps.slice(0, last)) {
    if ('apply' in step) await applyObjects(cluster.client, systemClock, revealed(step.apply, namespace));
    if (!('patch' in step)) continue;
    const { kind, name, merge } = step.patch;
    if (kind !== 'Workload') throw new Error(`a patch of ${kind} is not known here`);
    await cluster.client.patch(carto.kinds.Workload, { namespace, name }, { kind: 'merge', body: merge });
  }
}

async function stampAsUpstream(
  { client }: TestCluster,
  mapper: RestMapper,
  object: KubeObject,
  owner: KubeObject,
): Promise<KubeObject> {
  const type = await mapper.resourceFor(object);
  const { namespace = '', labels, generateName, name } = object.metadata;
  const isRun = generateName !== undefined;
  const status = isRun ? object['status'] : undefined;
  const { uid = '' } = owner.metadata;
  const ownerReferences = (object.metadata.ownerReferences ?? []).map((reference) => ({ ...reference, uid }));
  const stamped: KubeObject = {
    ...(isRun ? without(object, 'status') : object),
    metadata: {
      namespace,
      labels,
      ownerReferences,
      ...(isRun ? { generateName } : { name }),
    },
  };
  if (isRun) await systemClock.sleep(A_SECOND_MS);
  const made = await client.create(type, isRun ? stamped : withStale(stamped), UPSTREAM);
  const key = { namespace, name: made.metadata.name ?? '' };
  if (!isRun) await client.patch(type, key, { kind: 'merge', ...UPSTREAM, body: stamped });
  if (status !== undefined) await patchStatus(client, type, key, status as JsonObject);
  return client.get(type, key);
}

async function patchStatus(
  client: TestCluster['client'],
  type: ResourceType,
  key: { readonly namespace: string; readonly name: string },
  status: JsonObject,
): Promise<void> {
  await client.patch(type, key, { kind: 'merge', fieldManager: 'builder', body: { status } });
}

/** A field that an older version of the template had. Upstream's merge patches never removed one. */
function withStale(object: KubeObject): KubeObject {
  const place = object.kind === 'ConfigMap' ? 'data' : 'spec';
  const fields = object[place];
  return { ...object, [place]: { ...(isObject(fields) ? fields : {}), stale: 'left' } };
}

function without(object: KubeObject, key: string): KubeObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key)) as KubeObject;
}

/** A recorded value with the namespace, an instant and the names of the cluster in it. */
function revealed<T>(value: T, namespace: string, names: ReadonlyMap<string, string> = new Map()): T {
  let text = JSON.stringify(value).replaceAll('$NS', namespace).replaceAll('<time>', '2024-01-02T03:04:05Z');
  for (const [recorded, name] of names) text = text.replaceAll(recorded, name);
  return parseJson(text) as T;
}

/** What an object says: everything but what the server and the ways of writing add. */
export function contentOf(object: KubeObject): JsonObject {
  const { name = '', namespace = '', labels, annotations = {}, ownerReferences } = object.metadata;
  const others = Object.entries(annotations).filter(
    ([key]) => key !== STAMP_DIGEST_ANNOTATION && key !== MADE_FROM_ANNOTATION,
  );
  const metadata = { name, namespace, labels, ownerReferences, annotations: Object.fromEntries(others) };
  return { ...object, metadata };
}

function prelude(namespace: string): readonly KubeObject[] {
  return [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...grantedAccount(namespace)];
}
