import { done, type Next, type Reconcile } from '@cartographer/runtime';
import { refusalBefore } from '../judge/permission.ts';
import type { BuildRequest } from '../kinds/read.ts';
import type { UntriggeredReason } from '../kinds/reasons.ts';
import { type Found, follow, serverIn, standsAgainst } from './build-place.ts';
import { type BuildDeps, type BuildRun, isEnded, isSent, report, setFinalizer, statusOf } from './build-run.ts';
import { end, type Halt, haltOf, haltUnseen, type Looked, release, untilDeadline } from './cancel-build.ts';
import { requestOf } from './jenkins-caches.ts';
import { stepBuild } from './step-build.ts';

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
  if (!('reason' in found)) return await proceed(run, request.value, found);
  const halted = haltIn(run, request.value);
  if (halted !== undefined && isSent(object)) return await haltUnseen(run, halted, found.message);
  await cannot(run, found.reason, found.message);
  return untilDeadline(run, request.value);
}

/** What was not triggered is not; what was, is not known about. The change of what stands against it wakes the build. */
async function cannot(run: BuildRun, reason: UntriggeredReason, message: string): Promise<Next> {
  run.deps.desks.unfollow(run.key);
  await report(run, standsAgainst(run, reason, message));
  return done;
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

function haltIn({ object, deps }: BuildRun, request: BuildRequest): Halt | undefined {
  return haltOf(object, request, deps.caches.siblings(object), deps.clock.now());
}

async function proceed(run: BuildRun, request: BuildRequest, found: Found): Promise<Next> {
  const { deps, object } = run;
  const { namespace = '' } = object.metadata;
  const halted = haltIn(run, request);
  if (!isSent(object)) {
    if (halted !== undefined) {
      await end(run, { kind: 'ended', ...halted });
      return done;
    }
    const refusal = refusalBefore(request, found.server, deps.caches.namespaceLabels(namespace));
    if (refusal !== undefined) return await cannot(run, refusal.reason, refusal.message);
  }
  const { desk, seen } = follow(run, request, found);
  const isAway = seen.kind === 'trouble' || seen.kind === 'forbidden';
  if (isAway && halted !== undefined && isSent(object)) return await haltUnseen(run, halted, seen.message);
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
      return await stepBuild(run, request, { ...found, desk, seen, halted });
  }
}
