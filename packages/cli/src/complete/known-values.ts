import { carto } from '@cartographer/api';
import { kubeconfigContexts, NAMESPACES } from '@cartographer/kube';
import {
  getPath,
  isObject,
  type KubeObject,
  listAt,
  type ResourceType,
  textAt,
  textsAt,
} from '@cartographer/machinery';
import type { TargetFlags } from '../frame/flags.ts';
import { parseOwner } from '../frame/owner-name.ts';
import type { Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import type { Candidate, Meaning } from './candidates.ts';

/** What was typed before that values depend on. */
export type Typed = { readonly flags: TargetFlags; readonly owner: string | undefined; readonly group: string };

/** The values of a meaning as a cluster knows them; `onPage` gets what is there so far. */
export async function clusterValues(
  session: Session,
  meaning: Exclude<Meaning, 'contexts'>,
  { text, owner, group }: { readonly text: string } & Pick<Typed, 'owner' | 'group'>,
): Promise<readonly Candidate[]> {
  switch (meaning) {
    case 'namespaces':
      return names(await listed(session, NAMESPACES));
    case 'workloads':
    case 'deliverables':
    case 'runnables':
      return names(await listed(session, KINDS[meaning], session.namespace));
    case 'owners':
      return owners(session, text);
    case 'chains':
      return names(await chains(session));
    case 'types':
      return types(await chains(session));
    case 'steps':
      return owner === undefined ? [] : steps(session, owner, group);
  }
}

/** The contexts of the kubeconfigs that are used. */
export function contexts({ kubeconfig }: TargetFlags, { env, home }: Surroundings): readonly Candidate[] {
  const path = kubeconfig === undefined ? {} : { path: kubeconfig };
  return kubeconfigContexts({ env: { ...env, HOME: home }, ...path }).map((value) => ({ value }));
}

const KINDS = {
  workloads: carto.kinds.Workload,
  deliverables: carto.kinds.Deliverable,
  runnables: carto.kinds.Runnable,
} as const;
/** What `parseOwner` takes before a slash, for those that are no Workloads. */
const PREFIXES = [
  { prefix: 'deliverable/', type: carto.kinds.Deliverable },
  { prefix: 'runnable/', type: carto.kinds.Runnable },
];
const PAGE = 500;
/** More are no help to somebody who looks at a prompt. */
const MOST = 2_000;

async function listed(
  { client, signal }: Session,
  type: ResourceType,
  namespace?: string,
): Promise<readonly KubeObject[]> {
  const objects: KubeObject[] = [];
  let next: string | undefined = '';
  while (next !== undefined && objects.length < MOST) {
    const where = namespace === undefined ? {} : { namespace };
    const from = next === '' ? {} : { continue: next };
    const { items, metadata } = await client.list(type, { ...where, ...from, limit: PAGE, signal });
    objects.push(...items);
    next = metadata.continue || undefined;
  }
  return objects;
}

function names(objects: readonly KubeObject[]): readonly Candidate[] {
  return objects.map(({ metadata }) => ({ value: metadata.name ?? '' })).toSorted(byValue);
}

async function owners(session: Session, text: string): Promise<readonly Candidate[]> {
  const kind = PREFIXES.find(({ prefix }) => text.startsWith(prefix));
  if (kind === undefined) {
    const workloads = names(await listed(session, carto.kinds.Workload, session.namespace));
    return [...workloads, ...PREFIXES.map(({ prefix }) => ({ value: prefix }))];
  }
  const objects = await listed(session, kind.type, session.namespace);
  return names(objects).map(({ value }) => ({ value: `${kind.prefix}${value}` }));
}

async function chains(session: Session): Promise<readonly KubeObject[]> {
  const { ClusterSupplyChain, ClusterDelivery } = carto.kinds;
  return (await Promise.all([listed(session, ClusterSupplyChain), listed(session, ClusterDelivery)])).flat();
}

/** The values of type labels that chains select by, each with the chains that do. */
function types(all: readonly KubeObject[]): readonly Candidate[] {
  const users = new Map<string, string[]>();
  for (const chain of all) {
    const labels = getPath(chain['spec'], 'selector');
    const byLabel = isObject(labels)
      ? Object.entries(labels).map(([key, value]) => [key, typeof value === 'string' ? [value] : []] as const)
      : [];
    const byTerm = listAt(chain['spec'], 'selectorMatchExpressions').map(
      (term) => [textAt(term, 'key'), textAt(term, 'operator') === 'In' ? textsAt(term, 'values') : []] as const,
    );
    for (const [key, values] of [...byLabel, ...byTerm]) {
      if (!/(^|[/-])type$/.test(key)) continue;
      for (const value of values) users.set(value, [...(users.get(value) ?? []), chain.metadata.name ?? '']);
    }
  }
  return [...users].map(([value, by]) => ({ value, description: by.join(', ') })).toSorted(byValue);
}

async function steps(
  { client, namespace, signal }: Session,
  name: string,
  group: string,
): Promise<readonly Candidate[]> {
  const owner = parseOwner(name.includes('/') || group === '' ? name : `${group}/${name}`);
  const { status } = await client.get(owner.type, { namespace, name: owner.name }, { signal });
  return listAt(status, 'resources').map((resource) => ({
    value: textAt(resource, 'name'),
    description: textAt(resource, 'templateRef', 'name'),
  }));
}

function byValue(a: Candidate, b: Candidate): number {
  return a.value < b.value ? -1 : 1;
}
