import { createHash } from 'node:crypto';
import { type Client, EVENTS, isAlreadyExists } from '@cartographer/kube';
import { canonicalJson, type KubeObject, rfc3339 } from '@cartographer/machinery';
import type { ScanStatus } from '../verdict/scan-status.ts';

const COMPONENT = 'carto-scanner';
/** With a dot and what makes it unique, a name still has at most 253 characters. */
const MOST_NAME = 230;
const MOST_MESSAGE = 1024;

/**
 * The event of a verdict that is about to be written. Its name is made of the scan's uid, the verdict's number and what is
 * said, so that writing it again, after a crash between it and the status, writes no other one.
 */
export function verdictEvent(scan: KubeObject, status: ScanStatus, nowMs: number): KubeObject {
  const { name = '', namespace = 'default', uid, resourceVersion } = scan.metadata;
  const { apiVersion, kind } = scan;
  const reason = status.conditions?.find(({ type }) => type === 'PolicySucceeded')?.reason ?? 'Scanned';
  const passes = status.verdict?.result === 'Passed' || status.verdict?.result === 'Warned';
  const at = rfc3339(nowMs);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, MOST_NAME)}.${nameDigest(uid, status)}`, namespace },
    involvedObject: { apiVersion, kind, namespace, name, uid, resourceVersion },
    type: passes ? 'Normal' : 'Warning',
    reason,
    message: messageOf(scan, status),
    source: { component: COMPONENT },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    eventTime: null,
    reportingComponent: COMPONENT,
    reportingInstance: '',
  };
}

/** Writes an event; one of that name is the same one. */
export async function writeEvent(
  client: Pick<Client, 'create'>,
  event: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.create(EVENTS, event, { signal });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** Times are left out: what is said a second later is the same. */
function nameDigest(uid: string | undefined, status: ScanStatus): string {
  const { artifact, counts, findings = [], lastCompliant, verdict } = status;
  const { since: _, ...before } = lastCompliant ?? {};
  const said = {
    uid,
    number: verdict?.number,
    result: verdict?.result,
    policies: verdict?.policies,
    artifact,
    counts,
    before,
    findings: findings.map(({ id, package: named, exception = '' }) => [id, named, exception]),
  };
  return createHash('sha256').update(canonicalJson(said)).digest('hex').slice(0, 16);
}

/** What the policies say, and which findings are new or gone. */
function messageOf(scan: KubeObject, status: ScanStatus): string {
  const { findings: before = [], verdict } = (scan['status'] ?? {}) as ScanStatus;
  const { findings: now = [] } = status;
  const ready = status.conditions?.find(({ type }) => type === 'Ready')?.message ?? status.message ?? '';
  if (verdict === undefined) return ready.slice(0, MOST_MESSAGE);
  const names = (list: NonNullable<ScanStatus['findings']>): ReadonlySet<string> =>
    new Set(
      list.map(
        ({ id, package: named, fixedIn }) =>
          `${id} in ${named}${fixedIn === undefined ? '' : ` (fixed in ${fixedIn})`}`,
      ),
    );
  const [was, is] = [names(before), names(now)];
  const added = [...is].filter((name) => !was.has(name)).slice(0, 3);
  const gone = [...was].filter((name) => !is.has(name)).slice(0, 3);
  const parts = [
    ready,
    ...(added.length === 0 ? [] : [`new: ${added.join(', ')}`]),
    ...(gone.length === 0 ? [] : [`gone: ${gone.join(', ')}`]),
  ];
  return parts.join('; ').slice(0, MOST_MESSAGE).toWellFormed();
}
