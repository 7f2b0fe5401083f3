import { type JenkinsBuild, jenkinsKinds } from '@cartographer/jenkins';
import {
  build,
  createJenkinsStage,
  type JenkinsStage,
  jenkinsWrites,
  server,
} from '../packages/jenkins/src/controller/testing/jenkins-stage.ts';
import type { SeenRequest } from '../packages/jenkins/src/remote/testing/fake-state.ts';
import { cpuMs, type Row } from './row.ts';

const BUILDS = 500;
/** A server lists the newest hundred builds of a job; what is older is asked for by itself. */
const JOBS = 20;
/** So long a build takes, by the clock of the benchmark, which nobody waits for. */
const BUILD_MS = 60_000;
/** How often a script asks how its build is, as `pollInterval` does. */
const POLL_MS = 5_000;
const LIMIT_MS = 3_600_000;

const isTrigger = ({ method }: SeenRequest): boolean => method === 'POST';
const isStatus = ([what]: readonly [string, number]): boolean => what.endsWith('/status');

/** 500 builds at once on one server: what is asked of it, beside a script a build; and what that costs, beside the bare requests and writes. */
export async function measureJenkins(): Promise<readonly Row[]> {
  await using stage = await staged();
  const startedCpu = cpuMs();
  const wanted = Array.from({ length: BUILDS }, (_, index) =>
    build(`b-${index}`, ', timeout: 24h', { job: jobOf(index) }),
  );
  await stage.apply(server(', requestsPerSecond: 50') + wanted.join(''));
  await stage.clock.advanceUntil(() => stage.jenkins.made === BUILDS, LIMIT_MS, 1_000);
  const isOver = async (): Promise<boolean> =>
    (await builds(stage)).every(({ status }) => status?.phase === 'Succeeded');
  while (!(await isOver())) await stage.pass(10_000);
  const ourCpu = cpuMs() - startedCpu;
  const asked = [...stage.jenkins.requests];
  const writes = Object.entries(jenkinsWrites(stage))
    .filter(isStatus)
    .reduce((sum, [, count]) => sum + count, 0);
  const most = mostInASecond(asked);
  await stage.pass(LIMIT_MS);
  const atRest = stage.jenkins.requests.length - asked.length;
  const bareCpu = await bareCpuOf(stage, asked, writes);
  return [
    {
      name: `requests for ${BUILDS} builds of a minute, of ${JOBS} jobs, at once`,
      value: asked.length,
      unit: '',
      floor: { name: 'a script a build that asks each 5 s', value: BUILDS * (1 + BUILD_MS / POLL_MS) },
      goal: { of: 'ratio', atMost: 1 },
    },
    { name: 'their triggers', ...exactly(asked.filter(isTrigger).length, BUILDS) },
    { name: 'most requests of a second, of 50 that may be', value: most, unit: '', goal: { of: 'value', atMost: 51 } },
    { name: 'requests in an hour at rest', ...exactly(atRest, 0) },
    { name: 'status writes a build', value: writes / BUILDS, unit: '', goal: { of: 'value', atMost: 16 } },
    {
      name: 'CPU of all of it',
      value: ourCpu,
      unit: 'ms',
      floor: { name: 'as many bare requests and status writes', value: bareCpu },
    },
  ];
}

async function staged(): Promise<JenkinsStage> {
  const stage = await createJenkinsStage();
  for (let index = 0; index < JOBS; index += 1) {
    stage.jenkins.jobs.set(jobOf(index), { parameters: ['CARTO_RUN_ID'], takesMs: BUILD_MS });
  }
  await stage.restart();
  return stage;
}

const jobOf = (index: number): string => `app-${index % JOBS}`;

async function builds({ client }: JenkinsStage): Promise<readonly JenkinsBuild[]> {
  const { items } = await client.list(jenkinsKinds.JenkinsBuild);
  return items as readonly JenkinsBuild[];
}

function exactly(value: number, wanted: number): Pick<Row, 'value' | 'unit' | 'goal'> {
  return { value, unit: '', goal: { of: 'value', atMost: wanted, atLeast: wanted } };
}

/** The floor: the same questions, and as many statuses, by nobody's choice. */
async function bareCpuOf(stage: JenkinsStage, asked: readonly SeenRequest[], writes: number): Promise<number> {
  const latest = [...(await builds(stage))];
  const { signal } = new AbortController();
  const startedCpu = cpuMs();
  for (const { method, path, query, headers } of asked) {
    if (method === 'POST') continue;
    const url = new URL(path + query, stage.jenkins.ownUrl);
    await (await stage.jenkins.fetch(url, { method: 'GET', redirect: 'manual', headers, signal })).text();
  }
  for (let count = 0; count < writes; count += 1) {
    const at = count % latest.length;
    const object = latest[at] as JenkinsBuild;
    const written = { ...object, status: { ...object.status, message: `written ${count}` } };
    latest[at] = (await stage.client.updateStatus(jenkinsKinds.JenkinsBuild, written)) as JenkinsBuild;
  }
  return cpuMs() - startedCpu;
}

/** Requests are in the order of their times. */
function mostInASecond(requests: readonly SeenRequest[]): number {
  let [most, from] = [0, 0];
  for (const [index, { atMs }] of requests.entries()) {
    while (atMs - (requests[from]?.atMs ?? atMs) >= 1_000) from += 1;
    most = Math.max(most, index - from + 1);
  }
  return most;
}
