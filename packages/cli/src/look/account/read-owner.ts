import { carto } from '@cartographer/api';
import { ApiError, getIfThere, isNotFound, NAMESPACES } from '@cartographer/kube';
import { CartoError, type KubeObject, type ResourceType } from '@cartographer/machinery';
import type { OwnerKindName, OwnerName } from '../../frame/owner-name.ts';
import type { Session } from '../../frame/session.ts';
import { ifAllowed } from './if-allowed.ts';
import { nearNames } from './near-names.ts';

const KINDS: readonly OwnerKindName[] = ['Workload', 'Deliverable', 'Runnable'];
/** Names among which near ones are looked for. */
const MOST_NAMES = 500;

/**
 * Reads an owner.
 * @throws CartoError `CARTO_NOT_FOUND` with what may have been meant, and ApiError for whatever else fails.
 */
export async function readOwner(session: Session, owner: OwnerName): Promise<KubeObject> {
  const found = await readIfThere(session, owner);
  if (found === undefined) throw await ownerNotFound(session, owner);
  return found;
}

/** Reads an owner that may not be there; a server that does not serve its kind is an error. */
export async function readIfThere(
  { client, namespace, signal }: Session,
  { type, name }: OwnerName,
): Promise<KubeObject | undefined> {
  try {
    return await client.get(type, { namespace, name }, { signal });
  } catch (error) {
    if (error instanceof ApiError && isNotFound(error) && error.status.details?.name !== undefined) return undefined;
    throw error;
  }
}

/**
 * What to say of an owner that is not there: that the namespace is missing, or which names are near, which other kind has
 * the name, and in which namespaces it is.
 */
async function ownerNotFound(session: Session, { kind, type, name }: OwnerName): Promise<CartoError> {
  const { namespace, target } = session;
  if (!(await isNamespaceThere(session))) return namespaceNotFound(session);
  const [names, others, places] = await Promise.all([
    namesOf(session, type),
    otherKinds(session, kind, name),
    otherNamespaces(session, type, name),
  ]);
  const near = nearNames(name, names);
  const hints = [
    ...(near.length === 0 ? [] : [`did you mean ${near.join(' or ')}?`]),
    ...others.map((other) => `there is a ${other.toLowerCase()} of that name: ${other.toLowerCase()}/${name}`),
    ...places.map((place) => `there is one in namespace ${place}: -n ${place}`),
  ];
  const hint = hints.length === 0 ? `"carto ${kind.toLowerCase()} list" shows what is there` : hints.join('; ');
  return new CartoError(
    'CARTO_NOT_FOUND',
    `${kind.toLowerCase()} "${namespace}/${name}" not found in ${target.text}; ${hint}`,
  );
}

/** The error about a namespace that is missing. */
export function namespaceNotFound({ namespace, target }: Session): CartoError {
  return new CartoError(
    'CARTO_NOT_FOUND',
    `there is no namespace "${namespace}" in ${target.text}: create it, or correct --namespace`,
  );
}

/** Whether the namespace is there; who may not look is told yes. */
export async function isNamespaceThere({ client, namespace, signal }: Session): Promise<boolean> {
  const found = await ifAllowed(getIfThere(client, NAMESPACES, { name: namespace }, { signal }));
  return found.kind !== 'found' || found.value !== undefined;
}

async function namesOf({ client, namespace, signal }: Session, type: ResourceType): Promise<readonly string[]> {
  const found = await ifAllowed(client.list(type, { namespace, limit: MOST_NAMES, signal }));
  return found.kind !== 'found' ? [] : (found.value.items ?? []).map(({ metadata }) => metadata.name ?? '');
}

async function otherKinds(
  { client, namespace, signal }: Session,
  kind: OwnerKindName,
  name: string,
): Promise<readonly OwnerKindName[]> {
  const others = KINDS.filter((other) => other !== kind);
  const found = await Promise.all(
    others.map((other) => ifAllowed(getIfThere(client, carto.kinds[other], { namespace, name }, { signal }))),
  );
  return others.filter((_, index) => {
    const answer = found[index];
    return answer?.kind === 'found' && answer.value !== undefined;
  });
}

const MOST_PLACES = 3;

async function otherNamespaces(
  { client, signal }: Session,
  type: ResourceType,
  name: string,
): Promise<readonly string[]> {
  const fieldSelector = `metadata.name=${name}`;
  const found = await ifAllowed(client.list(type, { fieldSelector, limit: MOST_PLACES, signal }));
  return found.kind !== 'found' ? [] : (found.value.items ?? []).map(({ metadata }) => metadata.namespace ?? '');
}
