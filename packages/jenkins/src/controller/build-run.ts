import type { Client, EventRecorder, WrittenObjects } from '@cartographer/kube';
import { type Clock, deepEqual, findCondition, type KubeObject } from '@cartographer/machinery';
import type { ServerDesks } from '../desk/server-desks.ts';
import { buildStatusOf } from '../judge/report.ts';
import type { Identity } from '../judge/sight.ts';
import type { Standing } from '../judge/standing.ts';
import type { JenkinsBuildStatus } from '../kinds/build-status.ts';
import { jenkinsKinds } from '../kinds/kinds.ts';
import type { BuildRequest } from '../kinds/read.ts';
import { correlationId } from '../once/correlation.ts';
import type { RunRecord } from '../once/remote-run.ts';
import type { BuildMemory } from './build-memory.ts';
import type { JenkinsCaches } from './jenkins-caches.ts';

/** What builds are run with. */
export type BuildDeps = {
  readonly caches: JenkinsCaches;
  readonly client: Pick<Client, 'updateStatus' | 'patch'>;
  readonly desks: ServerDesks;
  readonly written: WrittenObjects;
  readonly memory: BuildMemory;
  readonly events: Pick<EventRecorder, 'event'>;
  readonly clock: Clock;
};

/** One reconcile of one build. */
export type BuildRun = {
  readonly deps: BuildDeps;
  readonly key: string;
  /** The newest version that is known; replaced by each write. */
  object: KubeObject;
  readonly signal: AbortSignal;
  readonly cutOff: AbortSignal;
};

/** On builds that are to be aborted when they are deleted. */
export const ABORT_FINALIZER = 'jenkins.carto.run/abort';

const ENDED_PHASES: ReadonlySet<unknown> = new Set<JenkinsBuildStatus['phase']>(['Succeeded', 'Failed', 'Aborted']);

/** What an object says of itself. */
export function statusOf(object: KubeObject): JenkinsBuildStatus {
  return (object['status'] ?? {}) as JenkinsBuildStatus;
}

/** Whether a build is over, and nothing more is done for it. */
export function isEnded(object: KubeObject): boolean {
  return ENDED_PHASES.has(statusOf(object).phase);
}

/** Whether a trigger was written down, or a build was found: from then on there is something to follow. */
export function isSent(object: KubeObject): boolean {
  const { attempt, build } = statusOf(object);
  return attempt !== undefined || build !== undefined;
}

/** What is written down of the run. */
export function recordOf({ attempt, queue, build }: JenkinsBuildStatus): RunRecord {
  return {
    ...(attempt === undefined
      ? {}
      : {
          attempt: {
            number: attempt.number,
            isCorrelated: attempt.parameter !== undefined,
            isAnswered: attempt.answeredAt !== undefined,
          },
        }),
    ...(queue?.id === undefined ? {} : { ticket: queue.id }),
    ...(build === undefined ? {} : { run: build.number }),
  };
}

/** How the build is recognised. Before anything is sent it is looked for by the id that would be. */
export function identityOf(object: KubeObject, { correlationParameter }: BuildRequest): Identity {
  const status = statusOf(object);
  const { attempt } = status;
  const parameter = attempt === undefined ? correlationParameter : attempt.parameter;
  return {
    ...recordOf(status),
    ...(parameter === undefined ? {} : { carrier: { parameter, id: attempt?.id ?? correlationId(object) } }),
    ...(attempt === undefined ? {} : { nextBuildNumber: attempt.nextBuildNumber }),
  };
}

/** Writes how a build stands, if that says anything new, with what is changed besides. */
export async function report(
  run: BuildRun,
  standing: Standing,
  change: Partial<JenkinsBuildStatus> = {},
): Promise<void> {
  const { deps, object } = run;
  const { generation = 0 } = object.metadata;
  const before = statusOf(object);
  const changed = Object.fromEntries(
    Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined),
  );
  const status = buildStatusOf(changed, standing, { generation, nowMs: deps.clock.now() });
  if (deepEqual(status, before)) return;
  // The write of what was sent is not given up half way.
  const after = await deps.client.updateStatus(
    jenkinsKinds.JenkinsBuild,
    { ...object, status },
    { signal: run.cutOff },
  );
  replace(run, after);
  tell(deps, after, before);
}

/** Puts the finalizer on a build, or takes it away. */
export async function setFinalizer(run: BuildRun, isWanted: boolean): Promise<void> {
  const { metadata } = run.object;
  const { finalizers = [], namespace = '', name = '', resourceVersion } = metadata;
  if (finalizers.includes(ABORT_FINALIZER) === isWanted) return;
  const others = finalizers.filter((each) => each !== ABORT_FINALIZER);
  const body = { metadata: { resourceVersion, finalizers: isWanted ? [...others, ABORT_FINALIZER] : others } };
  const after = await run.deps.client.patch(
    jenkinsKinds.JenkinsBuild,
    { namespace, name },
    { kind: 'merge', body, signal: run.cutOff },
  );
  replace(run, after);
}

function replace(run: BuildRun, after: KubeObject): void {
  run.deps.written.note(run.key, run.object, after);
  run.object = after;
}

/** An event where a build is triggered, and where it ends. */
function tell({ events }: BuildDeps, object: KubeObject, before: JenkinsBuildStatus): void {
  const now = statusOf(object);
  const [was, is] = [before, now].map(({ conditions }) => findCondition(conditions, 'Triggered')?.status === 'True');
  if (is === true && was !== true) events.event(object, 'Normal', 'Triggered', `job ${jobOf(object)} was triggered`);
  const succeeded = findCondition(now.conditions, 'Succeeded');
  if (succeeded === undefined || succeeded.reason === findCondition(before.conditions, 'Succeeded')?.reason) return;
  if (succeeded.status === 'Unknown') return;
  const type = succeeded.status === 'True' ? 'Normal' : 'Warning';
  events.event(object, type, succeeded.reason, succeeded.message || `job ${jobOf(object)} succeeded`);
}

function jobOf(object: KubeObject): string {
  return (object['spec'] as { readonly job?: string } | undefined)?.job ?? '';
}
