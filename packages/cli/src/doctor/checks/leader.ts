import { durationOf, getIfThere, holderOf, LEASES, leaseSpecOf } from '@cartographer/kube';
import { allEnded, deepEqual, type KubeObject } from '@cartographer/machinery';
import type { Session } from '../../frame/session.ts';
import { ageText } from '../../screen/ages.ts';
import { look } from '../look.ts';
import { type CheckReport, finding, reportOf, type Seen } from '../report.ts';
import type { Server } from '../server.ts';
import { deploymentOf, type FoundPart, unseenParts } from '../site.ts';
import { INSIDE } from './controller.ts';

/** client-go's: for a lease that does not say how long it lasts. */
const LEASE_MS = 15_000;
const POLL_MS = 500;
/** A difference of clocks by which ages and certificates become wrong enough to be told. */
const CLOCK_DIFFERENCE_MS = 60_000;

/** Looks whether somebody holds each lease and renews it. */
export async function checkLeader(
  session: Session,
  parts: readonly FoundPart[],
  server: Server,
  namespace: string,
): Promise<CheckReport> {
  const running = parts.filter((part) => part.name === 'controller' || deploymentOf(part) !== undefined);
  const looks = await allEnded(
    running.map(({ lease, deployment }) => look(session, () => lookAtLease(session, namespace, lease, deployment))),
  );
  const seen = looks.flatMap((looked) => (looked.kind === 'seen' ? [looked.value] : []));
  const leases = looks.flatMap((looked, index) =>
    looked.kind === 'unseen' ? [`the lease ${running[index]?.lease ?? ''}: ${looked.why}`] : [],
  );
  const notLooked = [...leases, ...unseenParts(parts)];
  const controller = running.find(({ name }) => name === 'controller');
  const isInside = server.isEmbedded && controller !== undefined && deploymentOf(controller) === undefined;
  if (isInside && seen.every(({ held }) => !held))
    return reportOf('leader', { says: `${INSIDE}, without a lease`, notLooked });
  return reportOf('leader', {
    says: seen.map(({ says }) => says).join(', '),
    findings: seen.flatMap(({ findings = [] }) => findings),
    notLooked,
  });
}

type SeenLease = Seen & { readonly held: boolean };

async function lookAtLease(session: Session, namespace: string, name: string, app: string): Promise<SeenLease> {
  const { client, signal } = session;
  const read = (): Promise<KubeObject | undefined> => getIfThere(client, LEASES, { namespace, name }, { signal });
  const next = `look at the logs of the replicas: kubectl -n ${namespace} logs -l app=${app}`;
  const lease = await read();
  const holder = holderOf(lease);
  if (lease === undefined || holder === undefined) {
    const message =
      lease === undefined ? `there is no lease ${namespace}/${name}` : `nobody holds ${namespace}/${name}`;
    return { says: `${name}: nobody`, held: false, findings: [finding('NoLeader', message, { next })] };
  }
  const renewed = await renewalOf(session, lease, read);
  const says = `${name}: ${holder.split('_')[0] ?? holder}`;
  if (renewed === undefined) {
    const message = `${holder} holds ${namespace}/${name} and has not renewed it for ${ageText(durationOf(lease, LEASE_MS))}`;
    return { says, held: true, findings: [finding('LeaderSilent', message, { next })] };
  }
  const differenceMs = Date.parse(leaseSpecOf(renewed).renewTime ?? '') - session.clock.now();
  if (!(Math.abs(differenceMs) > CLOCK_DIFFERENCE_MS)) return { says, held: true };
  const side = differenceMs > 0 ? 'ahead of' : 'behind';
  const message = `the clock of ${holder} is ${ageText(Math.abs(differenceMs))} ${side} the one here`;
  return { says, held: true, findings: [finding('ClocksDiffer', message)] };
}

/**
 * The record after a renewal that was seen to happen, within the time that the lease lasts; undefined when there was none.
 * Its times are no proof: the clocks of leader and reader need not agree.
 */
async function renewalOf(
  { clock, signal }: Session,
  lease: KubeObject,
  read: () => Promise<KubeObject | undefined>,
): Promise<KubeObject | undefined> {
  const endMs = clock.monotonicMs() + durationOf(lease, LEASE_MS);
  while (clock.monotonicMs() < endMs) {
    await clock.sleep(POLL_MS, signal);
    const now = await read();
    if (now !== undefined && !deepEqual(leaseSpecOf(now), leaseSpecOf(lease))) return now;
  }
  return undefined;
}
