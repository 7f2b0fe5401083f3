import { GROUP, LABELS } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import type { Asks } from '../world/asks.ts';

/** By whom an object is stamped, and by whom that one, and so on. */
export type Lineage = {
  /** `[Workload/a] is stamped by step [x] of [Workload/b], which is stamped by …`; '' when nobody stamps it. */
  readonly text: string;
  /** Of the object itself and of those above it. */
  readonly uids: ReadonlySet<string>;
  /** It leads to one of the objects that were looked for. */
  readonly closed: boolean;
};

/** No chain of owners that anybody means to build comes near. */
const MOST_OWNERS = 10;

/**
 * Follows an object up to those that stamp it, until it meets one of `ends` or one that nobody stamps. Undefined while
 * an answer is awaited.
 */
export function lineageOf(asks: Asks, object: KubeObject, ends: ReadonlySet<string>): Lineage | undefined {
  const uids = new Set([object.metadata.uid ?? '']);
  let text = '';
  let current = object;
  for (let owners = 0; owners < MOST_OWNERS; owners += 1) {
    const above = stamperOf(current);
    if (above === undefined) break;
    const step = current.metadata.labels?.[LABELS.resourceName];
    const by = `${step === undefined ? '' : `step [${step}] of `}[${above.kind}/${above.name}]`;
    text += text === '' ? `${objectName(current)} is stamped by ${by}` : `, which is stamped by ${by}`;
    if (ends.has(above.uid)) return { text, uids, closed: true };
    if (uids.has(above.uid)) break;
    uids.add(above.uid);
    const next = observe(asks, current, above);
    if (next === 'waiting') return undefined;
    if (next === undefined) break;
    current = next;
  }
  return { text, uids, closed: false };
}

/** `[kind/name]`, as messages name an owner. */
export function objectName({ kind, metadata }: KubeObject): string {
  return `[${kind}/${metadata.name ?? ''}]`;
}

function stamperOf({
  metadata,
}: KubeObject): NonNullable<KubeObject['metadata']['ownerReferences']>[number] | undefined {
  return (metadata.ownerReferences ?? []).find(
    ({ controller, apiVersion }) => controller === true && apiVersion.startsWith(`${GROUP}/`),
  );
}

function observe(
  asks: Asks,
  { metadata }: KubeObject,
  {
    apiVersion,
    kind,
    name,
    uid,
  }: { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly uid: string },
): KubeObject | 'waiting' | undefined {
  const mapping = asks.mapping(apiVersion, kind);
  if (mapping === undefined) return 'waiting';
  if (mapping.kind !== 'mapped') return undefined;
  const { namespace = '' } = metadata;
  const observation = asks.observed({ type: mapping.type, namespace, name });
  if (observation === undefined) return 'waiting';
  return observation.kind === 'present' && observation.object.metadata.uid === uid ? observation.object : undefined;
}
