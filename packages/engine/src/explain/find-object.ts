import type { KubeObject, ResourceType } from '@cartographer/machinery';
import type { StatusStep } from '../graph/status-steps.ts';
import type { Realized } from '../report/realized.ts';
import type { Stamping } from '../stand/stamped-object.ts';
import type { Asks } from '../world/asks.ts';
import type { Found } from './live-account.ts';

/** Which object is looked for. */
type Wanted = Pick<KubeObject, 'apiVersion' | 'kind'> & {
  readonly namespace: string | undefined;
  readonly name: string;
};

/**
 * The object of a step: the one that stands for what is rendered now, else the one that would, else the one that the
 * status names. Undefined while it is asked for, and where there is none to look for.
 */
export function findObject(
  asks: Asks,
  { stamped }: Realized,
  stamping: Stamping | undefined,
  told: StatusStep | undefined,
): Found | undefined {
  if (stamped !== undefined) {
    const { object, type } = stamped;
    return { type, name: object.metadata.name ?? '', observation: { kind: 'present', object } };
  }
  const wanted = stamping?.kind === 'stamped' && stamping.stamped.name !== '' ? stamping.stamped : told?.stamped;
  if (wanted === undefined || wanted.kind === '' || wanted.apiVersion === '') return undefined;
  return look(asks, wanted);
}

function look(asks: Asks, { apiVersion, kind, namespace, name }: Wanted): Found | undefined {
  const mapping = asks.mapping(apiVersion, kind);
  if (mapping?.kind !== 'mapped') return undefined;
  const { type }: { readonly type: ResourceType } = mapping;
  const place = type.namespaced && namespace !== undefined ? { namespace } : {};
  const observation = asks.observed({ type, ...place, name });
  return observation === undefined ? undefined : { type, name, observation };
}
