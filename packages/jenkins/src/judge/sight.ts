import type { RunRecord, Sight } from '../once/remote-run.ts';
import type { LeftItem, QueueItem, RemoteBuild, RemoteJob } from '../remote/views.ts';

/** How a build is recognised. */
export type Identity = RunRecord & {
  /** The parameter that carries the id; absent where the job declares none. */
  readonly carrier?: { readonly parameter: string; readonly id: string };
  /** The number that the next build of the job had when the first trigger was written down. */
  readonly nextBuildNumber?: number;
};

/** One complete look: the queue first, then the job, so that nothing slips from one to the other unseen. */
export type Look = {
  readonly beganMs: number;
  readonly queue: readonly QueueItem[];
  /** Undefined where the job is not there. */
  readonly job?: RemoteJob;
  /** The item of the ticket, where it is not in the queue any more. */
  readonly left?: LeftItem;
  /** The build by its number, where the job does not list it any more. */
  readonly build?: RemoteBuild;
};

/** What a look shows of one build, and its item while it waits. */
export type BuildSight = Sight<RemoteBuild> & { readonly item?: QueueItem };

/** Finds a build in a look: by its id, else by what the server has called it. */
export function sightOf(identity: Identity, look: Look): BuildSight {
  const run = buildIn(identity, look);
  if (run !== undefined) return { kind: 'run', run };
  const item = look.queue.find((each) => isOf(identity, { queueId: each.id, parameters: each.parameters }));
  if (item !== undefined) return { kind: 'waiting', item };
  if (look.left?.isCancelled === true) return { kind: 'cancelled' };
  // It has begun, and the job does not list it yet.
  if (look.left !== undefined && identity.run === undefined) return { kind: 'waiting' };
  return { kind: 'absent', isProven: provesAbsence(identity, look), beganMs: look.beganMs };
}

function buildIn(identity: Identity, { job, left, build }: Look): RemoteBuild | undefined {
  const builds = [...(job?.builds ?? []), ...(build === undefined ? [] : [build])];
  const numbered = builds.find(({ number }) => number === (identity.run ?? left?.buildNumber));
  if (numbered !== undefined && mayBe(identity, numbered)) return numbered;
  // The oldest, should somebody have repeated it by hand with the same parameters.
  return builds.findLast((each) => isOf(identity, each));
}

type Marks = Pick<RemoteBuild, 'queueId' | 'parameters'>;

/** Whether a build carries the id; without one, whether it came from the ticket. */
function isOf({ carrier, ticket }: Identity, { queueId, parameters }: Marks): boolean {
  if (carrier !== undefined) return parameters[carrier.parameter] === carrier.id;
  return ticket !== undefined && queueId === ticket;
}

/** A number may be given again after a server was restored: whatever can be compared has to agree. */
function mayBe(identity: Identity, build: RemoteBuild): boolean {
  if (identity.carrier !== undefined) return isOf(identity, build);
  return identity.ticket === undefined || build.queueId === undefined || build.queueId === identity.ticket;
}

/** Whether every build that was made since the trigger was written down is in sight. */
function provesAbsence({ nextBuildNumber: from }: Identity, { job }: Look): boolean {
  const to = job?.nextBuildNumber;
  if (job === undefined || from === undefined || to === undefined || to < from) return false;
  const seen = new Set(job.builds.map(({ number }) => number));
  for (let number = from; number < to; number += 1) if (!seen.has(number)) return false;
  return true;
}
