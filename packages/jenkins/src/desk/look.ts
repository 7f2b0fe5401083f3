import { type Look, sightOf } from '../judge/sight.ts';
import { type Answer, type Trouble, trouble } from '../remote/answers.ts';
import type { JenkinsClient } from '../remote/jenkins-client.ts';
import type { LeftItem, QueueItem, RemoteBuild, RemoteJob, RemoteStage } from '../remote/views.ts';
import type { Follow, JobAsk, Seen } from './followed.ts';

/** What a look shows of the builds of a job; or why the server is looked at no further. */
export type JobLook =
  | Trouble
  | {
      readonly kind: 'job';
      readonly builds: readonly { readonly key: string; readonly follow: Follow; readonly seen: Seen }[];
    };

type Looking = {
  /** Paths of jobs whose builds have no stages, as far as is known; added to. */
  readonly stageless: Set<string>;
  readonly signal: AbortSignal;
  readonly beganMs: number;
};

/** As many jobs may fail before the server counts as failing. */
const MOST_FAILED_JOBS = 1;

/** Looks at the queue, then at one job after another. */
export async function* lookAt(
  client: JenkinsClient,
  jobs: readonly JobAsk[],
  looking: Looking,
): AsyncGenerator<JobLook, void, undefined> {
  const isQueueAsked = jobs.some(({ builds }) => builds.some(({ follow }) => follow.identity.run === undefined));
  const queue: Answer<readonly QueueItem[]> = isQueueAsked
    ? await client.queue(looking.signal)
    : { kind: 'ok', value: [] };
  if (queue.kind !== 'ok') {
    yield troubleWith(queue, 'the queue');
    return;
  }
  let failed = 0;
  for (const { job, builds } of jobs) {
    const answer = await client.job(job, looking.signal);
    if (answer.kind === 'trouble') {
      failed += 1;
      if (failed > MOST_FAILED_JOBS || jobs.length === 1 || !isOfJob(answer)) {
        yield answer;
        return;
      }
    }
    const seen = await seenOf(client, { job, builds }, answer, { ...looking, queue: queue.value });
    yield 'reason' in seen ? seen : { kind: 'job', builds: seen };
  }
}

/** What one job can fail with and others not. */
function isOfJob({ reason }: Trouble): boolean {
  return reason === 'ServerUnavailable' || reason === 'AnswerTooLarge' || reason === 'NotJenkins';
}

async function seenOf(
  client: JenkinsClient,
  { job, builds }: JobAsk,
  answer: Answer<RemoteJob>,
  looking: Looking & { readonly queue: readonly QueueItem[] },
): Promise<Trouble | Extract<JobLook, { kind: 'job' }>['builds']> {
  if (answer.kind === 'trouble' || answer.kind === 'forbidden') {
    const { kind, message } = answer;
    const seen: Seen = kind === 'forbidden' ? { kind, message } : { kind, reason: answer.reason, message };
    return builds.map(({ key, follow }) => ({ key, follow, seen }));
  }
  const all: { key: string; follow: Follow; seen: Seen }[] = [];
  for (const { key, follow, isDue } of builds) {
    const listed: Look = {
      beganMs: looking.beganMs,
      queue: looking.queue,
      ...(answer.kind === 'ok' ? { job: answer.value } : {}),
    };
    const look = await further(client, job, follow, listed, looking.signal);
    if ('reason' in look) return look;
    const sight = sightOf(follow.identity, look);
    const stages = isDue && sight.kind === 'run' ? await stagesOf(client, job, sight.run, looking) : undefined;
    const seen: Seen = {
      kind: 'seen',
      sight,
      ...(answer.kind === 'ok' ? { job: answer.value } : {}),
      ...(stages === undefined ? {} : { stages }),
    };
    all.push({ key, follow, seen });
  }
  return all;
}

/** Asks for what queue and job do not list any more: by the ticket, or by the number. */
async function further(
  client: JenkinsClient,
  job: string,
  { identity }: Follow,
  look: Look,
  signal: AbortSignal,
): Promise<Look | Trouble> {
  if (look.job === undefined || sightOf(identity, look).kind !== 'absent') return look;
  let left: LeftItem | undefined;
  if (identity.run === undefined && identity.ticket !== undefined) {
    const answer = await client.leftItem(identity.ticket, signal);
    if (answer.kind === 'trouble') return answer;
    if (answer.kind === 'ok') left = answer.value;
  }
  const number = identity.run ?? left?.buildNumber;
  let build: RemoteBuild | undefined;
  if (number !== undefined && !look.job.builds.some((each) => each.number === number)) {
    const answer = await client.build(job, number, signal);
    if (answer.kind === 'trouble') return answer;
    if (answer.kind === 'ok') build = answer.value;
  }
  return { ...look, ...(left === undefined ? {} : { left }), ...(build === undefined ? {} : { build }) };
}

/** Stages are a courtesy: where they cannot be read, there are none. */
async function stagesOf(
  client: JenkinsClient,
  job: string,
  { number }: RemoteBuild,
  { stageless, signal }: Looking,
): Promise<readonly RemoteStage[] | undefined> {
  if (stageless.has(job)) return undefined;
  const answer = await client.stages(job, number, signal);
  if (answer.kind === 'missing') stageless.add(job);
  return answer.kind === 'ok' ? answer.value : undefined;
}

function troubleWith(answer: Exclude<Answer<unknown>, { kind: 'ok' }>, what: string): Trouble {
  if (answer.kind === 'trouble') return answer;
  return answer.kind === 'forbidden'
    ? trouble('AuthFailed', answer.message)
    : trouble('NotJenkins', `${what} is not there`);
}
