import { allEnded, type KubeObject } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import { ALL_TEMPLATE_KINDS, templateKey } from '../read/templates.ts';
import { checkAccess } from './checks/access.ts';
import { checkAccounts } from './checks/accounts.ts';
import { checkCertificates } from './checks/certificates.ts';
import { checkChains } from './checks/chains.ts';
import { checkController, checkVersions } from './checks/controller.ts';
import { checkDefinitions, isNothingInstalled } from './checks/definitions.ts';
import { checkKinds } from './checks/kinds.ts';
import { checkLeader } from './checks/leader.ts';
import { checkOwners } from './checks/owners.ts';
import { checkPartRights } from './checks/part-rights.ts';
import { checkRights } from './checks/rights.ts';
import { checkWebhooks } from './checks/webhooks.ts';
import { CHECKS } from './findings.ts';
import { listOnce } from './lists.ts';
import type { Looked } from './look.ts';
import { type Blueprints, readOwners } from './owners.ts';
import type { CheckReport } from './report.ts';
import { type Identity, whoAmI } from './reviews.ts';
import { kindsOnce } from './served-kinds.ts';
import { askServer, type Server } from './server.ts';
import { surveyParts } from './site.ts';

/** What was seen of a cluster. */
export type Examination = {
  readonly server: Server;
  readonly identity: Identity | undefined;
  /** In the order of {@link CHECKS}; where nothing is installed, only what can be said then. */
  readonly reports: readonly CheckReport[];
};

/**
 * Looks at everything; nothing is changed.
 * @throws ApiError, TransportError when the server does not answer, or not to us.
 */
export async function examine(session: Session, systemNamespace: string): Promise<Examination> {
  const server = await askServer(session);
  const identity = await whoAmI(session);
  const parts = await surveyParts(session, systemNamespace);
  const first = [checkAccess(session, server, identity), checkDefinitions(session, parts)];
  if (isNothingInstalled(parts)) return { server, identity, reports: first };
  const later = await allEnded(
    [
      checkController(parts, server, systemNamespace),
      checkVersions(parts, server, session.target.run?.version),
      checkLeader(session, parts, server, systemNamespace),
      checkPartRights(session, parts, server, systemNamespace),
      checkWebhooks(session, server, systemNamespace),
      checkCertificates(session, parts, server, systemNamespace),
      checkRights(session, identity),
      checkWork(session),
    ].map(async (check) => [await check].flat()),
  );
  const order = Object.keys(CHECKS);
  const reports = [...first, ...later.flat()];
  return {
    server,
    identity,
    reports: reports.toSorted((left, right) => order.indexOf(left.check) - order.indexOf(right.check)),
  };
}

/** Chains, templates and owners. */
async function checkWork(session: Session): Promise<readonly CheckReport[]> {
  const list = listOnce(session);
  const servedKind = kindsOnce(session);
  const [chains, deliveries, ...templates] = await allEnded(
    (['ClusterSupplyChain', 'ClusterDelivery', ...ALL_TEMPLATE_KINDS] as const).map(list),
  );
  const blueprintLists = { ClusterSupplyChain: seen(chains), ClusterDelivery: seen(deliveries) };
  const blueprints: Blueprints = new Map(
    Object.values(blueprintLists).flatMap((looked) =>
      objectsOf(looked).map((object) => [`${object.kind} ${object.metadata.name ?? ''}`, object]),
    ),
  );
  const owners = await readOwners(session, blueprints);
  const unread = [...Object.values(blueprintLists), ...templates];
  return [
    checkChains(blueprintLists),
    ...(await allEnded([
      checkKinds(templates, servedKind),
      checkAccounts(session, {
        owners: owners.owners,
        blueprints,
        templates: new Map(
          templates.flatMap(objectsOf).map((object) => [templateKey(object.kind, object.metadata.name ?? ''), object]),
        ),
        servedKind,
        notLooked: [
          ...new Set([...owners.notLooked, ...unread.flatMap((each) => (each.kind === 'unseen' ? [each.why] : []))]),
        ],
      }),
    ])),
    checkOwners(session, owners),
  ];
}

const NOT_ASKED: Looked<readonly KubeObject[]> = { kind: 'seen', value: [] };

function seen(looked: Looked<readonly KubeObject[]> | undefined): Looked<readonly KubeObject[]> {
  return looked ?? NOT_ASKED;
}

function objectsOf(looked: Looked<readonly KubeObject[]>): readonly KubeObject[] {
  return looked.kind === 'seen' ? looked.value : [];
}
