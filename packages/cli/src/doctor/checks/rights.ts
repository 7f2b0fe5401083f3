import { carto, GROUP, TEMPLATE_KINDS } from '@cartographer/api';
import type { Session } from '../../frame/session.ts';
import { look } from '../look.ts';
import { type CheckReport, finding, reportOf } from '../report.ts';
import { type Deed, deedsText, deniedToUs, type Identity } from '../reviews.ts';

/** What commands need, and what they are called. */
type Need = { readonly deeds: readonly Deed[]; readonly commands: string };

const READ = ['get', 'list', 'watch'] as const;
const WRITE = ['create', 'patch', 'delete'] as const;

/** What people do with the commands, in a namespace. */
function needsIn(namespace: string): readonly Need[] {
  const { Workload, Deliverable, Runnable, ClusterSupplyChain, ClusterDelivery } = carto.kinds;
  const templates = [...new Set(Object.values(TEMPLATE_KINDS).flat())].map((kind) => carto.kinds[kind]);
  const inNamespace = (group: string, resource: string, verbs: readonly string[]): readonly Deed[] =>
    verbs.map((verb) => ({ verb, group, resource, namespace }));
  const inCluster = (resource: string): Deed => ({ verb: 'list', group: GROUP, resource });
  return [
    {
      deeds: [Workload, Deliverable, Runnable].flatMap(({ resource }) => inNamespace(GROUP, resource, READ)),
      commands: 'carto workload get, list and wait',
    },
    {
      deeds: [Workload, Deliverable].flatMap(({ resource }) => inNamespace(GROUP, resource, WRITE)),
      commands: 'carto workload create, apply and delete, and carto rerun',
    },
    {
      deeds: [ClusterSupplyChain, ClusterDelivery, ...templates].map(({ resource }) => inCluster(resource)),
      commands: 'carto chain, match and explain',
    },
    {
      deeds: [...inNamespace('', 'pods', ['list', 'watch']), ...inNamespace('', 'pods/log', ['get'])],
      commands: 'carto tail',
    },
  ];
}

/** Asks whether we may do what the commands do. */
export async function checkRights(session: Session, identity: Identity | undefined): Promise<CheckReport> {
  const { namespace } = session;
  const needs = needsIn(namespace);
  const looked = await look(session, () =>
    deniedToUs(
      session,
      needs.flatMap(({ deeds }) => deeds),
    ),
  );
  const who = identity?.user ?? 'you';
  if (looked.kind === 'unseen')
    return reportOf('rights', { says: who, notLooked: [`what ${who} may do: ${looked.why}`] });
  const denied = new Set(looked.value);
  const findings = needs.flatMap(({ deeds, commands }) => {
    const missing = deeds.filter((deed) => denied.has(deed));
    if (missing.length === 0) return [];
    const where = missing.some((deed) => deed.namespace !== undefined) ? ` in namespace ${namespace}` : '';
    return [finding('RightMissing', `${who} may not ${deedsText(missing)}${where}, which ${commands} need`)];
  });
  return reportOf('rights', { says: `${who} in namespace ${namespace}`, findings });
}
