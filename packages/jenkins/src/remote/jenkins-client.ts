import type { Clock } from '@cartographer/machinery';
import { getPath, type Json, textAt } from '@cartographer/machinery';
import { MOST_RESULT_BYTES, type OutputText } from '../once/lift-outputs.ts';
import { type Answer, answerOf, jsonOf, mapAnswer, trouble } from './answers.ts';
import type { Exchange } from './exchange.ts';
import { artifactPath } from './job-path.ts';
import { type LogTail, readLog, type WantedLog } from './read-log.ts';
import { createSession, type SessionOptions } from './session.ts';
import { type Triggering, triggeringOf } from './trigger-answer.ts';
import {
  buildOf,
  jobOf,
  type LeftItem,
  leftItemOf,
  type QueueItem,
  queueOf,
  type RemoteBuild,
  type RemoteJob,
  type RemoteStage,
  stagesOf,
  type TestCounts,
  TREES,
  testsOf,
} from './views.ts';

/** One server of the family of Jenkins. A job is named by its path, see `jobPath`. */
export interface JenkinsClient {
  /** Asks whether the server answers; what it says it is. */
  server(signal: AbortSignal): Promise<Answer<string>>;
  queue(signal: AbortSignal): Promise<Answer<readonly QueueItem[]>>;
  leftItem(id: number, signal: AbortSignal): Promise<Answer<LeftItem>>;
  job(job: string, signal: AbortSignal): Promise<Answer<RemoteJob>>;
  build(job: string, number: number, signal: AbortSignal): Promise<Answer<RemoteBuild>>;
  /** Without parameters at all for a job that declares none. */
  trigger(
    job: string,
    parameters: Readonly<Record<string, string>> | undefined,
    signal: AbortSignal,
  ): Promise<Triggering>;
  stop(job: string, number: number, signal: AbortSignal): Promise<Answer<unknown>>;
  cancel(id: number, signal: AbortSignal): Promise<Answer<unknown>>;
  /** Missing where the server tells of no stages. */
  stages(job: string, number: number, signal: AbortSignal): Promise<Answer<readonly RemoteStage[]>>;
  /** Missing where the build has no test report. */
  tests(job: string, number: number, signal: AbortSignal): Promise<Answer<TestCounts>>;
  log(job: string, number: number, want: WantedLog, signal: AbortSignal): Promise<Answer<LogTail>>;
  artifact(job: string, number: number, path: string, signal: AbortSignal): Promise<Answer<OutputText>>;
  environment(job: string, number: number, signal: AbortSignal): Promise<Answer<Readonly<Record<string, string>>>>;
}

/** Makes a {@link JenkinsClient}. */
export function createJenkinsClient(options: SessionOptions): JenkinsClient {
  const { clock } = options;
  const session = createSession(options);
  const { get, getJson, tree, post, nameOf } = session;
  return {
    async server(signal) {
      const path = `/api/json?tree=${TREES.server}`;
      const answer = await get(path, signal);
      const json = jsonOf(answer, nameOf(path));
      if (json.kind === 'missing') return trouble('NotJenkins', `${nameOf(path)} answers 404`);
      if (json.kind !== 'ok' || answer.kind !== 'ok') return json.kind === 'ok' ? { kind: 'missing' } : json;
      const { headers } = answer.value;
      if (textAt(json.value, 'mode') === '' && !headers.has('x-jenkins')) {
        return trouble('NotJenkins', `${nameOf(path)} answers JSON of something else`);
      }
      return { kind: 'ok', value: headers.get('x-jenkins') ?? headers.get('x-hudson') ?? 'unknown' };
    },
    queue: async (signal) => mapAnswer(await tree('/queue', TREES.queue, signal), queueOf),
    leftItem: async (id, signal) => mapAnswer(await tree(`/queue/item/${id}`, TREES.item, signal), leftItemOf),
    async job(job, signal) {
      const answer = mapAnswer(await tree(job, TREES.job, signal), jobOf);
      if (answer.kind !== 'ok') return answer;
      return answer.value === undefined ? { kind: 'missing' } : { kind: 'ok', value: answer.value };
    },
    async build(job, number, signal) {
      const answer = mapAnswer(await tree(`${job}/${number}`, TREES.build, signal), buildOf);
      if (answer.kind !== 'ok') return answer;
      return answer.value === undefined ? { kind: 'missing' } : { kind: 'ok', value: answer.value };
    },
    async trigger(job, parameters, signal) {
      const path = parameters === undefined ? `${job}/build` : `${job}/buildWithParameters`;
      return triggeringOf(await post(path, new URLSearchParams(parameters ?? {}).toString(), signal), job);
    },
    stop: async (job, number, signal) => done(await post(`${job}/${number}/stop`, '', signal), 'the abort', clock),
    async cancel(id, signal) {
      const answer = done(await post(`/queue/cancelItem?id=${id}`, '', signal), 'the cancel', clock);
      // The oldest servers have another address for it; newer ones answer 404 for an item that is gone as well.
      return answer.kind === 'missing'
        ? done(await post(`/queue/item/${id}/cancelQueue`, '', signal), 'the cancel', clock)
        : answer;
    },
    stages: async (job, number, signal) =>
      mapAnswer(await getJson(`${job}/${number}/wfapi/describe`, signal), stagesOf),
    tests: async (job, number, signal) =>
      mapAnswer(await tree(`${job}/${number}/testReport`, TREES.tests, signal), testsOf),
    log: (job, number, want, signal) => readLog(session, `${job}/${number}`, want, signal),
    async artifact(job, number, path, signal) {
      const below = artifactPath(path);
      if (below === undefined) return { kind: 'ok', value: { kind: 'absent' } };
      const answer = await get(`${job}/${number}${below}`, signal, MOST_RESULT_BYTES);
      if (answer.kind === 'missing') return { kind: 'ok', value: { kind: 'absent' } };
      return mapAnswer(
        answer,
        ({ body: { bytes, isWhole } }): OutputText =>
          isWhole ? { kind: 'text', text: bytes.toString('utf8') } : { kind: 'large' },
      );
    },
    async environment(job, number, signal) {
      const answer = await getJson(`${job}/${number}/injectedEnvVars/api/json`, signal);
      return mapAnswer(answer, (value) => textsOf(getPath(value, 'envMap')));
    },
  };
}

function textsOf(value: Json | undefined): Readonly<Record<string, string>> {
  const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** Servers answer a change with a redirect to a page. */
function done(exchanged: Exchange, what: string, clock: Clock): Answer<unknown> {
  const isRedirect = exchanged.kind === 'answered' && exchanged.status > 200 && exchanged.status < 400;
  return isRedirect ? { kind: 'ok', value: undefined } : answerOf(exchanged, what, clock);
}
