import type { Details, Standing } from '../judge/standing.ts';
import type { BuildRequest } from '../kinds/read.ts';
import type { EndedReason } from '../kinds/reasons.ts';
import { liftOutputs, type OutputSources } from '../once/lift-outputs.ts';
import type { Answer } from '../remote/answers.ts';
import type { JenkinsClient } from '../remote/jenkins-client.ts';
import { jobPath } from '../remote/job-path.ts';
import type { RemoteBuild, RemoteStage } from '../remote/views.ts';

/** What could not be read for now. */
class Unread extends Error {}
/** What is not there to be read, or not for this user. */
class Withheld extends Error {}

const FAILED: Readonly<Record<string, readonly [reason: EndedReason, said: string]>> = {
  UNSTABLE: ['BuildUnstable', 'is unstable'],
  FAILURE: ['BuildFailed', 'failed'],
  ABORTED: ['BuildAborted', 'was aborted in Jenkins'],
  NOT_BUILT: ['BuildNotBuilt', 'was not built'],
};

/** Reads what is wanted of a build that has ended, and says how it ended. Undecided while the server does not answer. */
export async function finish(
  client: JenkinsClient,
  request: BuildRequest,
  build: RemoteBuild,
  signal: AbortSignal,
): Promise<Standing> {
  try {
    const details = await detailsOf(client, request, build, signal);
    if (!counts(request, build)) return failed(request, build, details);
    const lifted = await liftOutputs(request.outputs, sourcesOf(client, request, build, signal));
    if (lifted.kind === 'wrong')
      return { kind: 'ended', ...details, build, reason: lifted.reason, message: lifted.message };
    const reason = build.result === 'SUCCESS' ? 'Succeeded' : 'Unstable';
    return { kind: 'succeeded', reason, build, outputs: lifted.values, ...details };
  } catch (error) {
    if (error instanceof Withheld) return { kind: 'ended', build, reason: 'OutputMissing', message: error.message };
    if (!(error instanceof Unread)) throw error;
    return { kind: 'reading', build, message: error.message };
  }
}

function counts({ unstableIs }: BuildRequest, { result }: RemoteBuild): boolean {
  return result === 'SUCCESS' || (result === 'UNSTABLE' && unstableIs === 'Succeeded');
}

function failed({ job }: BuildRequest, build: RemoteBuild, details: Details): Standing {
  const [reason, said] = FAILED[build.result ?? ''] ?? ['BuildFailed', `ended with ${build.result}`];
  const { stages = [], tests } = details;
  const stage = stages.find(({ status }) => status === 'FAILED');
  const parts = [
    `build ${build.number} of ${job} ${said}`,
    ...(stage === undefined ? [] : [`in stage ${stage.name}`]),
    ...(tests === undefined || tests.failed === 0 ? [] : [`with ${tests.failed} of ${tests.total} tests failed`]),
  ];
  const where = build.url === undefined ? '' : `; all of its log is at ${build.url}console`;
  return { kind: 'ended', reason, message: parts.join(' ') + where, build, ...details };
}

/** Stages, counts of tests, and the end of the log of what failed. Where the server has none, there are none. */
async function detailsOf(
  client: JenkinsClient,
  request: BuildRequest,
  build: RemoteBuild,
  signal: AbortSignal,
): Promise<Details> {
  const [job, { number }] = [jobPath(request.job) ?? '', build];
  const stages = ifThere(await client.stages(job, number, signal));
  const tests = ifThere(await client.tests(job, number, signal));
  const lines = request.logLines;
  const isWanted = !counts(request, build) && lines > 0;
  const stage: RemoteStage | undefined = stages?.find(({ status }) => status === 'FAILED');
  const want = { lines, ...(stage === undefined ? {} : { stage }) };
  const log = isWanted ? ifThere(await client.log(job, number, want, signal)) : undefined;
  return {
    ...(stages === undefined ? {} : { stages }),
    ...(tests === undefined ? {} : { tests }),
    ...(log === undefined ? {} : { log }),
  };
}

function sourcesOf(
  client: JenkinsClient,
  request: BuildRequest,
  build: RemoteBuild,
  signal: AbortSignal,
): OutputSources {
  const [job, { number }] = [jobPath(request.job) ?? '', build];
  return {
    file: async (path) => needed(await client.artifact(job, number, path, signal), `the archived file ${path}`),
    parameters: async () => build.parameters,
    // A build may be given its description after its result.
    description: async () => needed(await client.build(job, number, signal), 'the build').description,
    environment: async () => needed(await client.environment(job, number, signal), 'the environment of the build'),
  };
}

/** Nothing where the server has none, or does not show it; it may not be away meanwhile. */
function ifThere<T>(answer: Answer<T>): T | undefined {
  if (answer.kind === 'ok') return answer.value;
  if (answer.kind === 'trouble' && answer.reason !== 'NotJenkins') throw new Unread(answer.message);
  return undefined;
}

function needed<T>(answer: Answer<T>, what: string): T {
  if (answer.kind === 'ok') return answer.value;
  if (answer.kind === 'missing') throw new Withheld(`${what} is not there`);
  if (answer.kind === 'forbidden') throw new Withheld(`${what} is not shown to this user: ${answer.message}`);
  throw new Unread(answer.message);
}
