import { LABELS } from '@cartographer/api';
import { errorOf, isForbidden, isNotFound, NoMatchError, resourcePath } from '@cartographer/kube';
import { BoundedMap, type KubeObject, type OwnerReference } from '@cartographer/machinery';
import type { OwnerName } from '../frame/owner-name.ts';
import type { Session } from '../frame/session.ts';

/** How an object belongs to an owner. */
export type Attribution = {
  /** The step of the owner's blueprint; `''` where there are none. */
  readonly step: string;
  /** What makes one run after another, or one object that is changed: only the newest run of a lane is of interest. */
  readonly lane: string;
  /** The stamped object that it belongs to: a run, an app. */
  readonly group: { readonly uid: string; readonly createdAt: string };
};

/** Finds out which objects belong to an owner: by label, and by what stamped the objects that they belong to. */
export type Attribute = (object: KubeObject) => Promise<Attribution | undefined>;

const OWNER_LABELS = {
  Workload: LABELS.workloadName,
  Deliverable: LABELS.deliverableName,
  Runnable: LABELS.runnableName,
} as const;
const CARTO_GROUP = 'carto.run/';
/** More objects than that stand above no pod: Knative has five. */
const MOST_ABOVE = 10;
/** Only what identifies an object: not the Secrets and pod templates that it may hold. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
const REMEMBERED = 20_000;

/** Makes an {@link Attribute} for an owner. What stands above an object is read once, and said once where it may not be. */
export function createAttribution(session: Session, owner: OwnerName): Attribute {
  const label = OWNER_LABELS[owner.kind];
  const above = createReader(session);
  return async (object) => {
    const chain: KubeObject[] = [object];
    for (let top: KubeObject | undefined = object; top !== undefined && chain.length <= MOST_ABOVE; ) {
      const reference = controllerOf(top);
      if (reference === undefined || isOwner(reference, owner)) break;
      top = await above(reference);
      if (top !== undefined) chain.push(top);
    }
    const stamped = chain.findLast(
      ({ metadata }) =>
        metadata.labels?.[label] === owner.name || isOwner(controllerOf({ metadata } as KubeObject), owner),
    );
    if (stamped === undefined) return undefined;
    const step = owner.kind === 'Runnable' ? '' : (stamped.metadata.labels?.[LABELS.resourceName] ?? '');
    return { step, ...runOf(chain, step) };
  };
}

/** The stamped object in a chain of owners; where it may not be read, what is known of it. */
function runOf(chain: readonly KubeObject[], step: string): Pick<Attribution, 'lane' | 'group'> {
  const run = chain.find((each) => isOfCarto(controllerOf(each)));
  const top = run ?? chain.at(-1);
  const { uid = '', creationTimestamp: createdAt = '', labels = {} } = top?.metadata ?? {};
  const by = top && controllerOf(top);
  if (run === undefined) return { lane: step, group: { uid: by?.uid ?? uid, createdAt } };
  const lane = [step, by?.kind, by?.name, labels[LABELS.resourceName]].join('/');
  return { lane, group: { uid, createdAt } };
}

function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  const references = metadata.ownerReferences ?? [];
  return references.find(({ controller }) => controller === true) ?? references[0];
}

function isOfCarto(reference: OwnerReference | undefined): boolean {
  return reference?.apiVersion.startsWith(CARTO_GROUP) === true;
}

function isOwner(reference: OwnerReference | undefined, { kind, name }: OwnerName): boolean {
  return isOfCarto(reference) && reference?.kind === kind && reference.name === name;
}

type Reader = (reference: OwnerReference) => Promise<KubeObject | undefined>;

function createReader({ client, mapper, namespace, signal, say }: Session): Reader {
  const known = new BoundedMap<Promise<KubeObject | undefined>>(REMEMBERED);
  const told = new Set<string>();
  const read: Reader = async ({ apiVersion, kind, name }) => {
    try {
      const type = await mapper.resourceFor({ apiVersion, kind }, { signal });
      const path = resourcePath(type, { namespace, name });
      const answer = await client.raw({ method: 'GET', path, headers: { accept: METADATA_ONLY }, signal });
      if (answer.status !== 200) throw errorOf(answer);
      return answer.body as KubeObject;
    } catch (error) {
      if (error instanceof NoMatchError || isNotFound(error)) return undefined;
      if (!isForbidden(error)) throw error;
      if (!told.has(kind)) say(`you may not read a ${kind} here: logs of pods that belong to one may be missing`);
      told.add(kind);
      return undefined;
    }
  };
  return (reference) => {
    const before = known.get(reference.uid);
    if (before !== undefined) return before;
    const reading = read(reference);
    known.set(reference.uid, reading);
    // What failed is asked for again; an object that is gone stays gone.
    reading.catch(() => known.delete(reference.uid));
    return reading;
  };
}
