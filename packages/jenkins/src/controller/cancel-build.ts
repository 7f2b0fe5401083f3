import { LABELS, spanMs } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { done, type Next } from '@cartographer/runtime';
import type { ServerDesk } from '../desk/server-desk.ts';
import type { BuildSight } from '../judge/sight.ts';
import type { BuildRequest } from '../kinds/read.ts';
import type { EndedReason } from '../kinds/reasons.ts';
import { jobPath } from '../remote/job-path.ts';
import type { RemoteBuild } from '../remote/views.ts';
import { ABORT_FINALIZER, type BuildRun, isEnded, isSent, report, setFinalizer, statusOf } from './build-run.ts';
import { requestOf } from './jenkins-caches.ts';

/** So long is tried to abort; a server that is away holds no namespace up. */
const ABORT_LIMIT_MS = 60_000;
const AGAIN_MS = 10_000;
const LEAST_WAIT_MS = 5_000;
const DELETED = 'it is deleted: the build is aborted first, for a minute at most';

/** What is seen of a build, and where it is asked about; or why nothing is. */
export type Looked = { readonly desk: ServerDesk; readonly sight: BuildSight } | { readonly why: string };

/** Why a build is not to go on; undefined while it may. */
export type Halt = { readonly reason: Extract<EndedReason, 'TimedOut' | 'Superseded'>; readonly message: string };

/** Whether its time is over, or the same step of the same owner has asked for a newer one. */
export function haltOf(
  object: KubeObject,
  request: BuildRequest,
  siblings: readonly KubeObject[],
  nowMs: number,
): Halt | undefined {
  if (request.onSupersede === 'Abort') {
    const newer = siblings.find((each) => isNewer(each, object));
    if (newer !== undefined) {
      return { reason: 'Superseded', message: `JenkinsBuild ${newer.metadata.name} of the same step is newer` };
    }
  }
  const endMs = deadlineMs(object, request);
  if (endMs === undefined || nowMs < endMs) return undefined;
  const { queue, phase } = statusOf(object);
  const waited = phase === 'Queued' ? `, in the queue: ${queue?.why ?? ''}` : '';
  return { reason: 'TimedOut', message: `it took longer than ${request.timeout}${waited}` };
}

/** When the time of a triggered build is over. */
function deadlineMs(object: KubeObject, { timeout }: BuildRequest): number | undefined {
  const { attempt, build } = statusOf(object);
  const fromMs = Date.parse(attempt?.intendedAt ?? build?.startedAt ?? '');
  return Number.isNaN(fromMs) ? undefined : fromMs + (spanMs(timeout) ?? 0);
}

/** Looks wake a build; its time is over whether or not anything is seen. */
export function untilDeadline({ object, deps }: BuildRun, request: BuildRequest): Next {
  const endMs = deadlineMs(object, request);
  return endMs === undefined ? done : { kind: 'again', afterMs: Math.max(endMs - deps.clock.now(), LEAST_WAIT_MS) };
}

/** Made later for the same step. Two of one second are both the newest. */
function isNewer({ metadata: other }: KubeObject, { metadata }: KubeObject): boolean {
  const step = ({ labels = {} }: KubeObject['metadata']): string => labels[LABELS.resourceName] ?? '';
  return (
    other.uid !== metadata.uid &&
    other.deletionTimestamp === undefined &&
    step(other) === step(metadata) &&
    (other.creationTimestamp ?? '') > (metadata.creationTimestamp ?? '')
  );
}

/** Ends what is halted: what waits or runs is aborted where that is wanted, as long as that may take. */
export async function halt(
  run: BuildRun,
  { request, desk, sight }: { readonly request: BuildRequest; readonly desk: ServerDesk; readonly sight: BuildSight },
  { reason, message }: Halt,
): Promise<Next> {
  const build = sight.kind === 'run' ? { build: sight.run } : {};
  if (!mayAbort(request, reason)) {
    await end(run, { kind: 'ended', reason, message: `${message}; the build is left to itself`, ...build });
    return done;
  }
  const { sinceMs } = await abort(run, request, desk, sight);
  const leftMs = sinceMs + ABORT_LIMIT_MS - run.deps.clock.monotonicMs();
  if (leftMs <= 0) {
    await end(run, {
      kind: 'ended',
      reason,
      message: `${message}; the server was asked to abort it and did not`,
      ...build,
    });
    return done;
  }
  await report(run, { kind: 'aborting', message });
  return { kind: 'again', afterMs: Math.min(AGAIN_MS, leftMs) };
}

/** Ends what is halted while nothing is seen of it: that is waited for as long as an abort may take. */
export async function haltUnseen(run: BuildRun, { reason, message }: Halt, why: string): Promise<Next> {
  const { clock, memory } = run.deps;
  const { sinceMs } = memory.aborting(run.object.metadata.uid ?? '', AGAIN_MS);
  const leftMs = sinceMs + ABORT_LIMIT_MS - clock.monotonicMs();
  if (leftMs <= 0) {
    await end(run, { kind: 'ended', reason, message: `${message}; what became of the build is not known: ${why}` });
    return done;
  }
  await report(run, { kind: 'aborting', message: `${message}; ${why}` });
  return { kind: 'again', afterMs: Math.min(AGAIN_MS, leftMs) };
}

function mayAbort({ onCancel }: BuildRequest, reason: Halt['reason']): boolean {
  return reason === 'Superseded' || onCancel === 'Abort';
}

/** Writes how a build ended, after which nothing is done for it. */
export async function end(run: BuildRun, standing: Parameters<typeof report>[1]): Promise<void> {
  await report(run, standing);
  await setFinalizer(run, false);
  run.deps.desks.unfollow(run.key);
  run.deps.memory.forget(run.object.metadata.uid ?? '');
}

/** Asks the server to abort, now and then, and looks whether it did. */
async function abort(
  { deps, key, object, signal }: BuildRun,
  request: BuildRequest,
  desk: ServerDesk,
  sight: BuildSight,
): Promise<{ readonly sinceMs: number }> {
  const asking = deps.memory.aborting(object.metadata.uid ?? '', AGAIN_MS);
  if (!asking.isDue) return asking;
  const opened = await desk.open(signal);
  if (opened.kind === 'refused') return asking;
  const ticket = sight.kind === 'waiting' ? (sight.item?.id ?? statusOf(object).queue?.id) : undefined;
  const running: RemoteBuild | undefined = sight.kind === 'run' ? sight.run : undefined;
  if (running?.isBuilding === true) await opened.client.stop(jobPath(request.job) ?? '', running.number, signal);
  if (ticket !== undefined) await opened.client.cancel(ticket, signal);
  desk.lookAgain(key);
  return asking;
}

/**
 * A build that is deleted: what it triggered is aborted first, where that is wanted. When the time for that is over, or there
 * is nobody to ask, it goes.
 */
export async function release(run: BuildRun, look: () => Looked): Promise<Next> {
  const { deps, object } = run;
  const { metadata } = object;
  const go = async (): Promise<Next> => {
    await setFinalizer(run, false);
    deps.desks.unfollow(run.key);
    deps.memory.forget(metadata.uid ?? '');
    return done;
  };
  if (metadata.finalizers?.includes(ABORT_FINALIZER) !== true) return await go();
  const request = requestOf(object);
  if (isEnded(object) || !isSent(object) || request.kind === 'wrong') return await go();
  const leftMs = Date.parse(metadata.deletionTimestamp ?? '') + ABORT_LIMIT_MS - deps.clock.now();
  if (leftMs <= 0) {
    const message = 'the build could not be aborted in time, and may go on in Jenkins';
    deps.events.event(object, 'Warning', 'AbortGivenUp', message);
    return await go();
  }
  const again: Next = { kind: 'again', afterMs: Math.min(AGAIN_MS, leftMs) };
  const looked = look();
  if ('why' in looked) {
    await report(run, { kind: 'aborting', message: `${DELETED}; ${looked.why}` });
    return again;
  }
  const { desk, sight } = looked;
  const isOver = sight.kind === 'cancelled' || (sight.kind === 'run' && !sight.run.isBuilding);
  if (isOver || hasLeft(run, sight)) return await go();
  await abort(run, request.value, desk, sight);
  await report(run, { kind: 'aborting', message: DELETED });
  return again;
}

/** An item that was cancelled is gone, where the server keeps none. */
function hasLeft({ object }: BuildRun, sight: BuildSight): boolean {
  const { queue, build } = statusOf(object);
  return sight.kind === 'absent' && (queue !== undefined || build !== undefined);
}
