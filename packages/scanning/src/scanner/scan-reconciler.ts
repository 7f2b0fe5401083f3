import type { Client } from '@cartographer/kube';
import { type Clock, deepEqual, type KubeObject } from '@cartographer/machinery';
import { done, type NamespaceWatches, type Next, type Reconcile } from '@cartographer/runtime';
import { isStoreFailure } from '@cartographer/store';
import type { ClusterVulnerabilitySourceStatus } from '../kinds/vulnerability-source.ts';
import { type InventoryFacts, namesOf } from '../verdict/facts.ts';
import type { ScanStatus } from '../verdict/scan-status.ts';
import { endOfStanding, fallenStatus } from '../verdict/standing.ts';
import type { ExceptionUse } from '../verdict/verdict.ts';
import type { FirstSights } from './first-sights.ts';
import { type Inventory, type InventoryAsk, trustAskOf } from './inventories/inventory.ts';
import { type Judged, type Judging, judgeScan, type Material } from './judge-scan.ts';
import { verdictEvent, writeEvent } from './scan-event.ts';
import type { ScanIndex } from './scan-index.ts';
import { inventoryOf, type MaterialDeps, materialOf } from './scan-material.ts';
import { earlierTarget, lastCompliantIn, type ScanRequest, scanRequest, splitScanKey } from './scan-request.ts';
import type { ScannerCaches } from './scanner-caches.ts';
import type { Settlement } from './settlement.ts';
import { type StatusDeps, writeStatus } from './write-status.ts';

/** What a scan reconciler reads from and writes to. */
export type ScanDeps = MaterialDeps &
  StatusDeps & {
    readonly caches: ScannerCaches;
    readonly client: Pick<Client, 'create'>;
    readonly index: ScanIndex;
    readonly settlement: Settlement;
    /** A source is to be asked for the packages of a bill. */
    readonly askSource: (name: string) => void;
    readonly sights: FirstSights;
    /** Scans that wait for a login. */
    readonly logins: Pick<NamespaceWatches, 'note'>;
    /** What exceptions do in the verdict of a scan; undefined for one that is gone. */
    readonly noteUses: (key: string, uses: readonly ExceptionUse[] | undefined) => void;
    readonly clock: Clock;
  };

/** A reading that takes longer is told, once. */
const SLOW_MS = 2_000;
/** A timer for longer than this would ring at once. */
const LONGEST_WAIT_MS = 20 * 86_400_000;

/**
 * Judges a scan and writes what differs: inventory, findings, verdict, then the event, then the status. Level-based: what
 * changed is not asked.
 */
export function createScanReconciler(deps: ScanDeps): Reconcile {
  const { settlement, sources, caches } = deps;
  /**
   * Whoever was not asked since the start is not known to be fresh; all scans are woken when it was. A source that has a
   * revision in its status alone stands for a store that was lost, which takes away no verdict.
   */
  const isBeforeSources = (): boolean =>
    caches.sources().some((name) => {
      const { isAsked, revision } = sources.of(name);
      return !isAsked && (revision !== '' || wasMatched(caches, name));
    });

  return async (key, { signal }) => {
    settlement.began(key);
    let [isDone, isChanged] = [false, false];
    try {
      const object = newest(deps, key);
      if (object === undefined) {
        forget(deps, key);
        isDone = true;
        return done;
      }
      if (isBeforeSources()) return done;
      const run: Run = { deps, key, object, request: scanRequest(object), signal };
      const result = await scan(run).catch((error: unknown) => tellTrouble(run, error));
      [isDone, isChanged] = [true, result.isChanged];
      return result.next;
    } finally {
      settlement.ended(key, { isDone, isChanged });
    }
  };
}

function wasMatched(caches: ScannerCaches, source: string): boolean {
  const object = caches.informer('ClusterVulnerabilitySource').get(source);
  return ((object?.['status'] ?? {}) as ClusterVulnerabilitySourceStatus).revision !== undefined;
}

type Run = {
  readonly deps: ScanDeps;
  readonly key: string;
  readonly object: KubeObject;
  readonly request: ScanRequest;
  readonly signal: AbortSignal;
};

function newest({ caches, written }: ScanDeps, key: string): KubeObject | undefined {
  const { kind, key: name } = splitScanKey(key);
  const object = written.newest(key, caches.informer(kind).get(name));
  return object?.metadata.deletionTimestamp === undefined ? object : undefined;
}

function forget({ index, noteUses, written, logins }: ScanDeps, key: string): void {
  logins.note(key, splitScanKey(key).key.split('/')[0] ?? '', false);
  index.forget(key);
  noteUses(key, undefined);
  written.forget(key);
}

async function scan(run: Run): Promise<{ readonly next: Next; readonly isChanged: boolean }> {
  const { deps, key, object, request } = run;
  const inventory = await inventoryOrPending(run);
  const current = newest(deps, key);
  // Changed, or gone and made anew, while its packages were read: it is in the queue again.
  if (current === undefined || !asksTheSame(current, object)) return { next: done, isChanged: false };
  const now: Run = { ...run, object: current };
  const { namespace = '' } = current.metadata;
  deps.logins.note(key, namespace, inventory.kind === 'failed' && inventory.reason === 'RegistryForbidden');
  const earlier = await earlierOf(now);
  const holdings = holdingsOf(now, [inventory, ...(earlier === undefined ? [] : [earlier.inventory])]);
  // The index first: a change of the findings after they were read wakes this scan again.
  const before = deps.index.get(key);
  deps.index.note(key, { unasked: [], names: new Set(), ...before, ...holdings });

  const material = await materialOf(deps, request.target, inventory);
  const earlierMaterial = earlier && (await materialOf(deps, earlier.target, earlier.inventory));
  const findings = [...material.findings, ...(earlierMaterial?.findings ?? [])];
  const names = new Set(findings.flatMap(namesOf));
  const unasked = [...new Set([...material.unasked, ...(earlierMaterial?.unasked ?? [])])];
  deps.index.note(key, { ...holdings, unasked, names: new Set([...names].map((name) => name.toUpperCase())) });
  // Whoever waited before is woken when it was asked; asking for the same again would go on for ever where it is refused.
  const waited = deepEqual(before?.bills, holdings.bills) ? (before?.unasked ?? []) : [];
  for (const source of unasked) if (!waited.includes(source)) deps.askSource(source);
  const sights = await deps.sights.of(holdings.namespace, findings);
  const judged = judge(now, sights, {
    current: material,
    ...(earlier && earlierMaterial
      ? { earlier: { artifact: earlier.artifact, since: earlier.since, material: earlierMaterial } }
      : {}),
  });
  const isChanged = await report(now, judged);
  deps.noteUses(key, judged.verdict.exceptions);
  const read = [inventory, ...(earlier === undefined ? [] : [earlier.inventory])];
  return { next: nextOf(judged, read, deps.clock.now()), isChanged };
}

/** Whether an object is still the one that was looked at, with the same spec: generations begin anew with each object. */
function asksTheSame({ metadata: now }: KubeObject, { metadata: before }: KubeObject): boolean {
  return now.uid === before.uid && now.generation === before.generation;
}

/** The inventory; where that takes long, the status says so meanwhile. */
async function inventoryOrPending(run: Run): Promise<Inventory> {
  const { deps, object, request } = run;
  const given = givenTo(object, request);
  const reading = inventoryOf(deps, request.target, { ...askOf(run), ...(given === undefined ? {} : { given }) });
  const slow = Promise.withResolvers<'slow'>();
  const cancel = deps.clock.schedule(SLOW_MS, () => slow.resolve('slow'));
  try {
    const first = await Promise.race([reading, slow.promise]);
    if (first !== 'slow') return first;
    await Promise.all([reading.catch(() => undefined), reportPending(run, { kind: 'pending' })]);
    return await reading;
  } finally {
    cancel();
  }
}

/** Says that nothing is known of the artifact yet; what passed before it stays named. */
async function reportPending(run: Run, inventory: Extract<InventoryFacts, { kind: 'pending' }>): Promise<void> {
  const { object, request } = run;
  const materialFor = (target: ScanRequest['target']): Material => ({ target, inventory, findings: [], unasked: [] });
  const before = lastCompliantIn(statusOf(object));
  const earlier =
    before === undefined || deepEqual(before.artifact, request.artifact)
      ? {}
      : { earlier: { ...before, material: materialFor(earlierTarget(before.artifact, request)) } };
  await report(run, judge(run, new Map(), { current: materialFor(request.target), ...earlier }));
}

/**
 * What was judged stands when the store fails, as long as it would without being judged anew; what was not says why it
 * waits. It is tried again in either case.
 */
async function tellTrouble(run: Run, error: unknown): Promise<never> {
  const object = newest(run.deps, run.key);
  if (!isStoreFailure(error) || object === undefined || !asksTheSame(object, run.object)) throw error;
  const status = statusOf(object);
  const judged = isAsOf(object, run.request) && status?.phase !== 'Pending' ? status : undefined;
  // Where the store is, is no business of whoever reads scans.
  const trouble = `the store of the scanner fails (${error.code}) and is asked again; the scanner's log says what to do`;
  if (judged === undefined) await reportPending({ ...run, object }, { kind: 'pending', trouble });
  else if (judged.compliantArtifact !== undefined) await reportFall({ ...run, object }, judged, trouble);
  throw error;
}

/** Takes back what passed, if its time is over or it would not pass any more whatever was found in it. */
async function reportFall(run: Run, status: ScanStatus, trouble: string): Promise<void> {
  const { deps, object, request } = run;
  const { caches, sources, clock } = deps;
  const { namespace = '' } = object.metadata;
  const scan = {
    namespace,
    namespaceLabels: caches.namespaceLabels(namespace),
    policy: request.policy,
    sources: caches.sources().map((name) => sources.facts(name)),
  };
  const why = endOfStanding(status, scan, caches.policies(), clock.now());
  if (why !== undefined) await report(run, { status: fallenStatus(status, `${why}; ${trouble}`, clock.now()) });
}

/** Whose packages, and what scanners of the operator say of them, are asked for. */
function askOf({ deps: { caches }, object, request: { policy }, signal }: Run): InventoryAsk {
  const { namespace = '' } = object.metadata;
  const namespaceLabels = caches.namespaceLabels(namespace);
  return { namespace, signal, ...trustAskOf(caches.policies(), { policy, namespaceLabels }) };
}

/** What passed last, where that is not what is scanned. */
async function earlierOf(run: Run) {
  const { deps, object, request } = run;
  const before = lastCompliantIn(statusOf(object));
  if (before === undefined || deepEqual(before.artifact, request.artifact)) return undefined;
  const target = earlierTarget(before.artifact, request);
  const inventory = await inventoryOf(deps, target, askOf(run));
  return { ...before, target, inventory };
}

/** The digest of the bill that a scan shows already for what it asks for now: only the scanner writes that. */
function givenTo(object: KubeObject, request: ScanRequest): string | undefined {
  return isAsOf(object, request) ? statusOf(object)?.inventory?.digest : undefined;
}

/** Whether what a scan says is about what it asks for now. */
function isAsOf(object: KubeObject, { artifact }: ScanRequest): boolean {
  const status = statusOf(object);
  return status?.observedGeneration === object.metadata.generation && deepEqual(status?.artifact, artifact);
}

function holdingsOf({ object, request }: Run, inventories: readonly Inventory[]) {
  const read = inventories.flatMap((each) => (each.kind === 'read' ? [each] : []));
  return {
    namespace: object.metadata.namespace ?? '',
    policy: request.policy,
    bills: read.map(({ bill }) => bill),
    subjects: read.map(({ subject }) => subject),
    ecosystems: [...new Set(read.flatMap(({ ecosystems }) => ecosystems))],
  };
}

function judge(
  { deps, object, request }: Run,
  sights: ReadonlyMap<string, string>,
  materials: Pick<Judging, 'current' | 'earlier'>,
): Judged {
  const { caches, sources, clock } = deps;
  const { namespace = '', generation = 0 } = object.metadata;
  const judging: Judging = { request, namespace, generation, previous: statusOf(object), ...materials };
  const world = {
    policies: caches.policies(),
    exceptions: caches.exceptions(),
    sources: caches.sources().map((name) => sources.facts(name)),
    namespaceLabels: caches.namespaceLabels(namespace),
    sights,
  };
  return judgeScan(judging, world, clock.now());
}

/** Writes the status, if it says anything new; before it the event, if the verdict does. */
async function report({ deps, key, object, signal }: Run, { status }: Pick<Judged, 'status'>): Promise<boolean> {
  if (status.verdict?.number !== statusOf(object)?.verdict?.number) {
    await writeEvent(deps.client, verdictEvent(object, status, deps.clock.now()), signal);
  }
  return await writeStatus(deps, { kind: splitScanKey(key).kind, key, object }, status, signal);
}

function statusOf(object: KubeObject): ScanStatus | undefined {
  return object['status'] as ScanStatus | undefined;
}

function nextOf({ recheckAt }: Judged, [inventory, ...earlier]: readonly Inventory[], nowMs: number): Next {
  if (inventory?.kind === 'failed') return { kind: 'retry', atLeastMs: inventory.afterMs ?? 0 };
  const waits = [inventory, ...earlier].flatMap((each) => (each?.kind === 'read' ? (each.lookInMs ?? []) : []));
  if (recheckAt !== undefined) waits.push(recheckAt - nowMs);
  return waits.length === 0
    ? done
    : { kind: 'again', afterMs: Math.min(Math.max(Math.min(...waits), 1), LONGEST_WAIT_MS) };
}
