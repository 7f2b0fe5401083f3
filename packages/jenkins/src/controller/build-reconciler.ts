import { done, type Next, type Reconcile } from '@cartographer/runtime';
import type { Seen } from '../desk/followed.ts';
import type { ServerDesk } from '../desk/server-desk.ts';
import { judgeJob } from '../judge/judge-job.ts';
import { refusalBefore } from '../judge/permission.ts';
import type { Standing } from '../judge/standing.ts';
import type { BuildRequest, Server } from '../kinds/read.ts';
import type { SucceededReason, UntriggeredReason } from '../kinds/reasons.ts';
import { nextStep } from '../once/remote-run.ts';
import { jobPath } from '../remote/job-path.ts';
import type { RemoteBuild } from '../remote/views.ts';
import {
  type BuildDeps,
  type BuildRun,
  identityOf,
  isEnded,
  isSent,
  recordOf,
  report,
  setFinalizer,
  statusOf,
} from './build-run.ts';
import { deadlineMs, end, type Halt, halt, haltOf, type Looked, release } from './cancel-build.ts';
import { finish } from './finish-build.ts';
import { requestOf, serverOf } from './jenkins-caches.ts';
import { runningLog } from './running-log.ts';
import { intend, searchText, send } from './trigger-build.ts';

const NO_ROOM_MS = 5_000;

/** Brings builds to their end: triggers each once, follows it, and lifts out what it made. */
export function createBuildReconciler(deps: BuildDeps): Reconcile {
  return async (key, { signal, cutOff }) => {
    const object = deps.written.newest(key, deps.caches.builds.get(key));
    if (object === undefined) {
      deps.desks.unfollow(key);
      deps.written.forget(key);
      return done;
    }
    try {
      return await reconcile({ deps, key, object, signal, cutOff });
    } finally {
      deps.desks.release(key);
    }
  };
}

async function reconcile(run: BuildRun): Promise<Next> {
  const { object, deps } = run;
  if (object.metadata.deletionTimestamp !== undefined) return await release(run, () => lookOf(run));
  if (isEnded(object)) {
    await setFinalizer(run, false);
    deps.desks.unfollow(run.key);
    deps.memory.forget(object.metadata.uid ?? '');
    return done;
  }
  const request = requestOf(object);
  if (request.kind === 'wrong') return await cannot(run, 'SpecInvalid', request.errors.join('; '));
  const found = serverIn(run, request.value);
  if ('reason' in found) return await cannot(run, found.reason, found.message);
  return await proceed(run, request.value, found);
}

type Found = { readonly key: string; readonly server: Server };

function serverIn(
  { deps, object }: BuildRun,
  { serverRef: { kind, name } }: BuildRequest,
): Found | { readonly reason: UntriggeredReason; readonly message: string } {
  const place = kind === 'JenkinsServer' ? `${object.metadata.namespace}/${name}` : name;
  const server = deps.caches.servers(kind).get(place);
  if (server === undefined) return { reason: 'ServerNotFound', message: `${kind} ${place} does not exist` };
  const read = serverOf(server);
  if (read.kind === 'wrong') return { reason: 'SpecInvalid', message: `${kind} ${place}: ${read.errors.join('; ')}` };
  return { key: `${kind}/${place}`, server: read.value };
}

/** What was not triggered is not; what was, is not known about. The change of what stands against it wakes the build. */
async function cannot(run: BuildRun, reason: UntriggeredReason, message: string): Promise<Next> {
  run.deps.desks.unfollow(run.key);
  await report(run, standsAgainst(run, reason, message));
  return done;
}

function standsAgainst({ object }: BuildRun, reason: UntriggeredReason & SucceededReason, message: string): Standing {
  return isSent(object)
    ? { kind: 'unanswered', reason, message }
    : { kind: 'untriggered', reason, message, isFinal: false };
}

function follow(
  { deps, key, object }: BuildRun,
  request: BuildRequest,
  { key: at, server }: Found,
): { readonly desk: ServerDesk; readonly seen: Seen } {
  const desk = deps.desks.ofBuild(key, at, server);
  const seen = desk.follow(key, {
    namespace: object.metadata.namespace ?? '',
    job: jobPath(request.job) ?? '',
    identity: identityOf(object, request),
  });
  return { desk, seen };
}

/** What is seen of a build that is being deleted, or why nothing is. */
function lookOf(run: BuildRun): Looked {
  const request = requestOf(run.object);
  if (request.kind === 'wrong') return { why: request.errors.join('; ') };
  const found = serverIn(run, request.value);
  if ('reason' in found) return { why: found.message };
  const { desk, seen } = follow(run, request.value, found);
  if (seen.kind === 'seen') return { desk, sight: seen.sight };
  return { why: seen.kind === 'unseen' ? 'the server is asked about it' : seen.message };
}

async function proceed(run: BuildRun, request: BuildRequest, found: Found): Promise<Next> {
  const { deps, object } = run;
  const { namespace = '' } = object.metadata;
  const halted = haltOf(object, request, deps.caches.siblings(object), deps.clock.now());
  if (!isSent(object)) {
    if (halted !== undefined) {
      await end(run, { kind: 'ended', ...halted });
      return done;
    }
    const refusal = refusalBefore(request, found.server, deps.caches.namespaceLabels(namespace));
    if (refusal !== undefined) return await cannot(run, refusal.reason, refusal.message);
  }
  const { desk, seen } = follow(run, request, found);
  switch (seen.kind) {
    case 'unseen':
      if (statusOf(object).phase === undefined)
        await report(run, { kind: 'waiting', message: 'the server is asked about the job' });
      return untilDeadline(run, request);
    case 'trouble':
      await report(run, standsAgainst(run, seen.reason, seen.message));
      return untilDeadline(run, request);
    case 'forbidden':
      desk.lookLater(run.key);
      await report(run, standsAgainst(run, 'JobForbidden', seen.message));
      return untilDeadline(run, request);
    case 'seen':
      return await step(run, request, { ...found, desk, seen, halted });
  }
}

/** Looks wake a build; its time is over whether or not anything is seen. */
function untilDeadline({ object, deps }: BuildRun, request: BuildRequest): Next {
  const endMs = deadlineMs(object, request);
  return endMs === undefined ? done : { kind: 'again', afterMs: Math.max(endMs - deps.clock.now(), NO_ROOM_MS) };
}

type Sighted = Found & {
  readonly desk: ServerDesk;
  readonly seen: Extract<Seen, { kind: 'seen' }>;
  readonly halted: Halt | undefined;
};

async function step(run: BuildRun, request: BuildRequest, at: Sighted): Promise<Next> {
  const { deps, object } = run;
  const { desk, seen, halted } = at;
  const { uid = '' } = object.metadata;
  const record = recordOf(statusOf(object));
  const memory = deps.memory.of(uid, isSent(object));
  const next = nextStep(record, seen.sight, memory);
  switch (next.kind) {
    case 'look':
    case 'search':
      if (record.attempt?.isAnswered !== true && record.run === undefined && record.ticket === undefined)
        await report(run, { kind: 'searching', message: searchText('it is not known') });
      return untilDeadline(run, request);
    case 'intend':
    case 'send':
      return halted === undefined ? await trigger(run, request, at, next.kind) : await notAgain(run, halted);
    case 'waiting':
      deps.memory.found(uid);
      if (halted !== undefined) return await halt(run, { request, desk, sight: seen.sight }, halted);
      await keepAbortable(run, request);
      await report(run, { kind: 'queued', ...(seen.sight.item === undefined ? {} : { item: seen.sight.item }) });
      return untilDeadline(run, request);
    case 'run':
      deps.memory.found(uid);
      return await goOn(run, request, at, next.run);
    case 'cancelled':
      await end(run, {
        kind: 'ended',
        ...(halted ?? { reason: 'CancelledInQueue', message: 'it was cancelled in the queue of Jenkins' }),
      });
      return done;
    case 'lost':
      await end(run, { kind: 'ended', ...(halted ?? { reason: 'BuildNotFound', message: lostText(run, request) }) });
      return done;
    case 'unknown':
      await end(run, { kind: 'ended', reason: 'TriggerUnknown', message: unknownText(request) });
      return done;
  }
}

/** One that was there already is aborted with its object, too. */
async function keepAbortable(run: BuildRun, { onCancel }: BuildRequest): Promise<void> {
  if (onCancel === 'Abort') await setFinalizer(run, true);
}

/** What was not sent, or came to nothing, is not sent any more. */
async function notAgain(run: BuildRun, halted: Halt): Promise<Next> {
  await end(run, { kind: 'ended', ...halted });
  return done;
}

function lostText({ object }: BuildRun, { job }: BuildRequest): string {
  const { build, queue } = statusOf(object);
  if (build !== undefined) return `build ${build.number} of ${job} is gone, or another one has its number`;
  if (queue?.why !== undefined) return `it has left the queue, and ${job} has no build of it: it was cancelled there`;
  return `the server took the trigger, and neither its queue nor ${job} has a build of it`;
}

function unknownText({ job, correlationParameter }: BuildRequest): string {
  return `whether a build was made cannot be told: job ${job} does not declare ${correlationParameter}, or keeps too few builds`;
}

async function trigger(
  run: BuildRun,
  request: BuildRequest,
  { server, desk, seen }: Sighted,
  kind: 'intend' | 'send',
): Promise<Next> {
  const { deps, key } = run;
  if (seen.job === undefined) {
    desk.lookLater(key);
    await report(run, standsAgainst(run, 'JobNotFound', `there is no job ${request.job}, or not for this user`));
    return done;
  }
  const fitting = judgeJob(request, server, seen.job, identityOf(run.object, request).carrier?.id ?? '');
  if (fitting.kind === 'refused') {
    desk.lookLater(key);
    await report(run, standsAgainst(run, fitting.reason, fitting.message), { attempt: undefined });
    return done;
  }
  if (!desk.turns.ask(key, run.object.metadata.namespace ?? '')) {
    await report(run, { kind: 'waiting', message: 'other builds of this server are triggered first' });
    return done;
  }
  if (!desk.takeRoom(key)) {
    await report(run, { kind: 'waiting', message: 'the server has as many builds as it may have at a time' });
    return { kind: 'again', afterMs: NO_ROOM_MS };
  }
  try {
    if (kind === 'intend') {
      await intend(run, { request, fitting }, seen.job);
      // What is seen from now on is of after this.
      follow(run, request, { key: desk.key, server });
    }
    return await send(run, { request, desk, fitting });
  } finally {
    desk.giveRoom(key);
    deps.desks.release(key);
  }
}

async function goOn(
  run: BuildRun,
  request: BuildRequest,
  { desk, seen, halted }: Sighted,
  build: RemoteBuild,
): Promise<Next> {
  const isOver = !build.isBuilding && build.result !== undefined;
  if (!isOver) {
    if (halted !== undefined) return await halt(run, { request, desk, sight: seen.sight }, halted);
    const { stages } = seen;
    await keepAbortable(run, request);
    const log = await runningLog(run, request, desk, build);
    await report(run, {
      kind: 'running',
      build,
      ...(stages === undefined ? {} : { stages }),
      ...(log === undefined ? {} : { log }),
    });
    return untilDeadline(run, request);
  }
  if (halted !== undefined && build.result === 'ABORTED') {
    await end(run, { kind: 'ended', ...halted, build });
    return done;
  }
  if (!desk.turns.ask(run.key, run.object.metadata.namespace ?? '')) return done;
  const opened = await desk.open(run.signal);
  if (opened.kind === 'refused') {
    await report(run, { kind: 'reading', build, message: opened.message });
    return { kind: 'retry' };
  }
  const standing = await finish(opened.client, request, build, run.signal);
  if (standing.kind === 'reading') {
    await report(run, standing);
    return { kind: 'retry' };
  }
  await end(run, standing);
  return done;
}
