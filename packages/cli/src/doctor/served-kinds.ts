import { apiVersionOf, NoMatchError } from '@cartographer/kube';
import { parseApiVersion, type ResourceType } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import type { StampedKind } from '../read/templates.ts';
import { type Looked, look } from './look.ts';

/** How the server knows a kind: as it was asked for, at another version only, or not at all. */
export type ServedKind =
  | { readonly kind: 'served'; readonly type: ResourceType }
  | { readonly kind: 'otherVersion'; readonly apiVersion: string }
  | { readonly kind: 'unknown' };

/** Asks the server for kinds, each once in a run. */
export function kindsOnce(session: Session): (kind: StampedKind) => Promise<Looked<ServedKind>> {
  const known = new Map<string, Promise<Looked<ServedKind>>>();
  return (kind) => {
    const key = `${kind.apiVersion} ${kind.kind}`;
    const asked = known.get(key) ?? look(session, () => servedKind(session, kind));
    known.set(key, asked);
    return asked;
  };
}

async function servedKind({ mapper, signal }: Session, { apiVersion, kind }: StampedKind): Promise<ServedKind> {
  try {
    return { kind: 'served', type: await mapper.resourceFor({ apiVersion, kind }, { signal }) };
  } catch (error) {
    if (!(error instanceof NoMatchError)) throw error;
  }
  const { group } = parseApiVersion(apiVersion);
  const other = await mapper.resourceInGroup({ group, kind }, { signal });
  return other === undefined ? { kind: 'unknown' } : { kind: 'otherVersion', apiVersion: apiVersionOf(other) };
}
