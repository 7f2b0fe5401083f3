import { rfc3339 } from '@cartographer/machinery';
import type { Next } from '@cartographer/runtime';
import type { ServerDesk } from '../desk/server-desk.ts';
import type { Fitting } from '../judge/judge-job.ts';
import type { BuildRequest } from '../kinds/read.ts';
import { correlationId } from '../once/correlation.ts';
import { jobPath } from '../remote/job-path.ts';
import type { RemoteJob } from '../remote/views.ts';
import { type BuildRun, report, setFinalizer, statusOf } from './build-run.ts';

/** A build that is to be triggered, and may be: it has its turn. */
export type Triggered = {
  readonly request: BuildRequest;
  readonly desk: ServerDesk;
  readonly fitting: Fitting;
};

const AT_ONCE: Next = { kind: 'again', afterMs: 0 };
const DESK_WAKES: Next = { kind: 'done' };

/** Writes an attempt down. Whoever else does so at the same time is refused by the API server. */
export async function intend(
  run: BuildRun,
  { request, fitting }: Omit<Triggered, 'desk'>,
  job: RemoteJob,
): Promise<void> {
  const { object, deps } = run;
  const { attempt: before } = statusOf(object);
  if (request.onCancel === 'Abort') await setFinalizer(run, true);
  const attempt = {
    id: correlationId(object),
    ...(fitting.isCorrelated ? { parameter: request.correlationParameter } : {}),
    number: (before?.number ?? 0) + 1,
    intendedAt: rfc3339(deps.clock.now()),
    // From the first on: a build that a trigger before made is to be in sight as well.
    nextBuildNumber: before?.nextBuildNumber ?? job.nextBuildNumber ?? 0,
  };
  await report(run, { kind: 'triggering' }, { attempt });
  deps.memory.unsent(object.metadata.uid ?? '', attempt.number);
}

/** Sends what is written down, and writes down what became of it. */
export async function send(run: BuildRun, { request, desk, fitting }: Triggered): Promise<Next> {
  const { deps, object, cutOff } = run;
  const { uid = '' } = object.metadata;
  const opened = await desk.open(run.signal);
  if (opened.kind === 'refused') {
    await report(run, { kind: 'unanswered', reason: opened.reason, message: opened.message });
    return { kind: 'retry' };
  }
  const { attempt } = statusOf(object);
  const triggering = await opened.client.trigger(jobPath(request.job) ?? '', fitting.parameters, cutOff);
  switch (triggering.kind) {
    case 'unsent':
      await report(run, { kind: 'unanswered', reason: triggering.reason, message: triggering.message });
      return { kind: 'retry' };
    case 'refused': {
      const { reason, message } = triggering;
      deps.memory.forget(uid);
      const isFinal = reason === 'TriggerRefused';
      await report(run, { kind: 'untriggered', reason, message, isFinal }, { attempt: undefined });
      desk.rest(run.key);
      return DESK_WAKES;
    }
    case 'taken': {
      deps.memory.doubted(uid);
      const { ticket } = triggering;
      await report(
        run,
        { kind: 'queued' },
        {
          ...(attempt === undefined ? {} : { attempt: { ...attempt, answeredAt: rfc3339(deps.clock.now()) } }),
          ...(ticket === undefined ? {} : { queue: { id: ticket } }),
        },
      );
      return AT_ONCE;
    }
    case 'lost':
      deps.memory.doubted(uid);
      desk.lookAgain(run.key);
      await report(run, { kind: 'searching', message: searchText(triggering.message) });
      return AT_ONCE;
  }
}

/** What is told while a build is searched for. */
export function searchText(why: string): string {
  return `the answer to the trigger was lost (${why}); the build is looked for before anything else is sent`;
}
