import { LABELS } from '@cartographer/api';
import { getIfThere } from '@cartographer/kube';
import { type KubeObject, listAt, textAt } from '@cartographer/machinery';
import { scanningKinds } from '@cartographer/scanning';
import type { OwnerName } from '../frame/owner-name.ts';
import type { Session } from '../frame/session.ts';
import { objectsOf, SCAN_KINDS } from './status-findings.ts';

/** A scan of an owner, and the step that stamped it. */
export type OwnedScan = { readonly step: string; readonly scan: KubeObject };

/**
 * The scans that an owner has now: those that its steps stamped last. A Runnable stamps anew for each input; of its scans the
 * one that was made last counts.
 */
export async function scansOf(session: Session, { kind, type, name }: OwnerName): Promise<readonly OwnedScan[]> {
  const { client, namespace, signal } = session;
  const owner = await client.get(type, { namespace, name }, { signal });
  if (kind === 'Runnable') return newestOf(session, name);
  const scans: OwnedScan[] = [];
  for (const resource of listAt(owner, 'status', 'resources')) {
    const stamped = SCAN_KINDS.find((scanKind) => scanKind.kind === textAt(resource, 'stampedRef', 'kind'));
    if (stamped === undefined || !textAt(resource, 'stampedRef', 'apiVersion').startsWith(`${stamped.group}/`))
      continue;
    const key = { namespace, name: textAt(resource, 'stampedRef', 'name') };
    const scan = await getIfThere(client, stamped, key, { signal });
    if (scan !== undefined) scans.push({ step: textAt(resource, 'name'), scan });
  }
  return scans;
}

async function newestOf(session: Session, runnable: string): Promise<readonly OwnedScan[]> {
  const { namespace } = session;
  const scans: KubeObject[] = [];
  for (const type of [scanningKinds.ImageScan, scanningKinds.SourceScan]) {
    const labelSelector = `${LABELS.runnableName}=${runnable}`;
    for await (const scan of objectsOf(session, type, { namespace, labelSelector })) scans.push(scan);
  }
  const made = (scan: KubeObject): string => textAt(scan, 'metadata', 'creationTimestamp');
  const [newest] = scans.toSorted((left, right) => (made(left) < made(right) ? 1 : -1));
  return newest === undefined ? [] : [{ step: runnable, scan: newest }];
}
