import { done, type Next } from '@cartographer/runtime';
import type { Seen } from '../desk/followed.ts';
import type { ServerDesk } from '../desk/server-desk.ts';
import { judgeJob } from '../judge/judge-job.ts';
import type { BuildRequest } from '../kinds/read.ts';
import { nextStep } from '../once/remote-run.ts';
import type { RemoteBuild } from '../remote/views.ts';
import { type Found, follow, standsAgainst } from './build-place.ts';
import { type BuildRun, identityOf, isSent, recordOf, report, setFinalizer, statusOf } from './build-run.ts';
import { end, type Halt, halt, untilDeadline } from './cancel-build.ts';
import { finish } from './finish-build.ts';
import { runningLog } from './running-log.ts';
import { intend, searchText, send } from './trigger-build.ts';

const NO_ROOM_MS = 5_000;

/** A build of which something is seen. */
type Sighted = Found & {
  readonly desk: ServerDesk;
  readonly seen: Extract<Seen, { kind: 'seen' }>;
  readonly halted: Halt | undefined;
};

/** Does what is next with a build of which something is seen: triggers it once, follows it, reads what it made. */
export async function stepBuild(run: BuildRun, request: BuildRequest, at: Sighted): Promise<Next> {
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
