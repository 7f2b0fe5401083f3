import type { Client } from '@cartographer/kube';
import { type Clock, deepEqual, type KubeObject } from '@cartographer/machinery';
import { done, type Next, type Reconcile } from '@cartographer/runtime';
import { namesOf } from '../verdict/facts.ts';
import type { ScanStatus } from '../verdict/scan-status.ts';
import type { ExceptionUse } from '../verdict/verdict.ts';
import type { Inventory } from './inventories/inventory.ts';
import { type Judged, type Judging, judgeScan } from './judge-scan.ts';
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
  /** Whoever was not asked since the start is not known to be fresh; all scans are woken when it was. */
  const isBeforeSources = (): boolean =>
    caches
      .sources()
      .map((name) => sources.of(name))
      .some(({ isAsked, revision }) => !isAsked && revision !== '');

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
      const result = await scan(run);
      [isDone, isChanged] = [true, result.isChanged];
      return result.next;
    } finally {
      settlement.ended(key, { isDone, isChanged });
    }
  };
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

function forget({ index, noteUses, written }: ScanDeps, key: string): void {
  index.forget(key);
  noteUses(key, undefined);
  written.forget(key);
}

async function scan(run: Run): Promise<{ readonly next: Next; readonly isChanged: boolean }> {
  const { deps, key, object, request } = run;
  const inventory = await inventoryOrPending(run);
  const current = newest(deps, key);
  // Changed while its packages were read: it is in the queue again.
  if (current?.metadata.generation !== object.metadata.generation) return { next: done, isChanged: false };
  const now: Run = { ...run, object: current ?? object };
  const earlier = await earlierOf(now);
  const holdings = holdingsOf(now, [inventory, ...(earlier === undefined ? [] : [earlier.inventory])]);
  // The index first: a change of the findings after they were read wakes this scan again.
  deps.index.note(key, { ...holdings, names: deps.index.get(key)?.names ?? new Set() });

  const material = await materialOf(deps, request.target, inventory);
  const earlierMaterial = earlier && (await materialOf(deps, earlier.target, earlier.inventory));
  const names = new Set([...material.findings, ...(earlierMaterial?.findings ?? [])].flatMap(namesOf));
  deps.index.note(key, { ...holdings, names: new Set([...names].map((name) => name.toUpperCase())) });
  const judged = judge(now, {
    current: material,
    ...(earlier && earlierMaterial
      ? { earlier: { artifact: earlier.artifact, since: earlier.since, material: earlierMaterial } }
      : {}),
  });
  const isChanged = await report(now, judged);
  deps.noteUses(key, judged.verdict.exceptions);
  return { next: nextOf(judged, inventory, deps.clock.now()), isChanged };
}

/** The inventory; where that takes long, the status says so meanwhile. */
async function inventoryOrPending(run: Run): Promise<Inventory> {
  const { deps, object, request, signal } = run;
  const { namespace = '' } = object.metadata;
  const given = givenTo(object, request);
  const reading = inventoryOf(deps, request.target, { namespace, signal, ...(given === undefined ? {} : { given }) });
  const slow = Promise.withResolvers<'slow'>();
  const cancel = deps.clock.schedule(SLOW_MS, () => slow.resolve('slow'));
  try {
    const first = await Promise.race([reading, slow.promise]);
    if (first !== 'slow') return first;
    const pending = { target: request.target, inventory: { kind: 'pending' }, findings: [] } as const;
    await Promise.all([reading.catch(() => undefined), report(run, judge(run, { current: pending }))]);
    return await reading;
  } finally {
    cancel();
  }
}

/** What passed last, where that is not what is scanned. */
async function earlierOf({ deps, object, request, signal }: Run) {
  const before = lastCompliantIn(statusOf(object));
  if (before === undefined || deepEqual(before.artifact, request.artifact)) return undefined;
  const target = earlierTarget(before.artifact, request);
  const inventory = await inventoryOf(deps, target, { namespace: object.metadata.namespace ?? '', signal });
  return { ...before, target, inventory };
}

/** The digest of the bill that a scan shows already for what it asks for now: only the scanner writes that. */
function givenTo({ metadata, ...object }: KubeObject, { artifact }: ScanRequest): string | undefined {
  const status = object['status'] as ScanStatus | undefined;
  const isCurrent = status?.observedGeneration === metadata.generation && deepEqual(status?.artifact, artifact);
  return isCurrent ? status?.inventory?.digest : undefined;
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

function judge({ deps, object, request }: Run, materials: Pick<Judging, 'current' | 'earlier'>): Judged {
  const { caches, sources, clock } = deps;
  const { namespace = '', generation = 0 } = object.metadata;
  const judging: Judging = { request, namespace, generation, previous: statusOf(object), ...materials };
  const world = {
    policies: caches.policies(),
    exceptions: caches.exceptions(),
    sources: caches.sources().map((name) => sources.facts(name)),
    namespaceLabels: caches.namespaceLabels(namespace),
  };
  return judgeScan(judging, world, clock.now());
}

/** Writes the status, if it says anything new; before it the event, if the verdict does. */
async function report({ deps, key, object, signal }: Run, { status }: Judged): Promise<boolean> {
  if (status.verdict?.number !== statusOf(object)?.verdict?.number) {
    await writeEvent(deps.client, verdictEvent(object, status, deps.clock.now()), signal);
  }
  return await writeStatus(deps, { kind: splitScanKey(key).kind, key, object }, status, signal);
}

function statusOf(object: KubeObject): ScanStatus | undefined {
  return object['status'] as ScanStatus | undefined;
}

function nextOf({ recheckAt }: Judged, inventory: Inventory, nowMs: number): Next {
  if (inventory.kind === 'failed') return { kind: 'retry' };
  return recheckAt === undefined
    ? done
    : { kind: 'again', afterMs: Math.min(Math.max(recheckAt - nowMs, 1), LONGEST_WAIT_MS) };
}
