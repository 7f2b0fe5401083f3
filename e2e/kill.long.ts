import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carto as api } from '@cartographer/api';
import { systemClock } from '@cartographer/kube';
import { getPath, type KubeObject, listAt, type ResourceType, textAt } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import {
  answerOf,
  type CartoProcess,
  commitMessage,
  readAudit,
  stampWrites,
  startCarto,
  until,
} from './carto-process.ts';

const MOMENTS = 10;
/** From the commit to the answer takes about as long; a kill falls anywhere in it. */
const FLOW_MS = 1_500;

const IMAGES = type('kpack.io', 'v1alpha2', 'images');
const SERVICES = type('serving.knative.dev', 'v1', 'services');
const TASK_RUNS = type('tekton.dev', 'v1', 'taskruns');
/** What npm writes when it begins to test. */
const BEGUN = /^> hello@.* test$/gm;

function type(group: string, version: string, resource: string): ResourceType {
  return { group, version, resource, kind: '', namespaced: true };
}

/** Equal seeds give equal moments (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function hello({ client }: CartoProcess, of: ResourceType): Promise<KubeObject | undefined> {
  return client.get(of, { namespace: 'default', name: 'hello' }).catch(() => undefined);
}

/** Runs of the tests that a kill fell into. */
async function interrupted({ client }: CartoProcess): Promise<readonly KubeObject[]> {
  const { items } = await client.list(TASK_RUNS, { namespace: 'default' });
  return items.filter(isInterrupted);
}

function isInterrupted({ status }: KubeObject): boolean {
  return textAt(listAt(status, 'conditions')[0], 'message').includes('was interrupted');
}

/** Tests that were cut off are told as that, and asked for again, as a developer would. The same count asks for nothing new. */
async function askAgain(carto: CartoProcess): Promise<void> {
  const { length } = await interrupted(carto);
  if (length === 0) return;
  const body = { metadata: { annotations: { 'carto.run/rerun': `test=${length}` } } };
  const key = { namespace: 'default', name: 'hello' };
  await carto.client.patch(api.kinds.Workload, key, { kind: 'merge', body });
}

async function untilAnswers(carto: CartoProcess, message: string): Promise<void> {
  let heard: string | undefined;
  await until(`the app answers "${message}"; it said "${heard ?? 'nothing'}"`, async () => {
    await askAgain(carto);
    const url = getPath((await hello(carto, SERVICES))?.['status'], 'url');
    heard = await answerOf(typeof url === 'string' ? url : undefined);
    return heard?.startsWith(message) === true;
  });
}

describe('carto up, killed with -9 in the middle of a flow and started again', () => {
  it(`finishes the flow at ${MOMENTS} random moments: no step done twice, no signal lost`, {
    timeout: 600_000,
  }, async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
    process.stdout.write(`kill -9 test: SEED=${seed}\n`);
    const random = randomFrom(seed);
    const dataDir = await mkdtemp(join(tmpdir(), 'carto-kill-'));
    let carto = await startCarto(dataDir);
    try {
      await untilAnswers(carto, 'Hello from the first commit');
      for (let moment = 1; moment <= MOMENTS; moment += 1) {
        await commitMessage(carto.repository, `Message ${moment}`);
        await systemClock.sleep(random() * FLOW_MS);
        expect(await carto.end('SIGKILL')).toBe('SIGKILL');
        carto = await startCarto(dataDir);
        await untilAnswers(carto, `Message ${moment}.`.slice(0, -1));
      }
      await expectEachStepOnce(carto, dataDir, MOMENTS + 1);
      await expectEachTestOnce(carto, dataDir);
    } finally {
      await carto.end('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});

/** Generations, build and revision counters grow by one with each version, and by nothing else. */
async function expectEachStepOnce(carto: CartoProcess, dataDir: string, versions: number): Promise<void> {
  const revision = `hello-${String(versions).padStart(5, '0')}`;
  let service: KubeObject | undefined;
  // The app answers a moment before its status says so.
  await until(`revision ${revision} is ready`, async () => {
    service = await hello(carto, SERVICES);
    return getPath(service?.['status'], 'latestReadyRevisionName') === revision;
  });
  const image = await hello(carto, IMAGES);
  expect(image?.metadata.generation, 'versions of the image').toBe(versions);
  expect(getPath(image?.['status'], 'buildCounter'), 'builds').toBe(versions);
  expect(service?.metadata.generation, 'versions of the service').toBe(versions);
  const writes = stampWrites(readAudit(dataDir));
  for (const resource of ['images', 'configmaps', 'services']) {
    const count = writes.filter(({ objectRef }) => objectRef?.resource === resource).length;
    expect(count, `writes of ${resource} that were answered`).toBeLessThanOrEqual(versions);
  }
}

/** A run for each commit that came to its end, besides those that a kill fell into; none was begun twice. */
async function expectEachTestOnce(carto: CartoProcess, dataDir: string): Promise<void> {
  const { items } = await carto.client.list(TASK_RUNS, { namespace: 'default' });
  const whole = items.filter((run) => !isInterrupted(run));
  const revisions = whole.map(({ spec }) => getPath(listAt(spec, 'params')[1], 'value'));
  expect(new Set(revisions).size, 'commits with a run that was not cut off').toBe(whole.length);
  for (const { metadata } of items) {
    const logs = join(dataDir, 'laptop/tekton/runs/default', metadata.name ?? '', 'logs');
    // None where the kill came before the log was opened.
    const tries = await readdir(logs).catch(() => []);
    expect(tries.length, `tries of ${metadata.name}`).toBeLessThanOrEqual(1);
    for (const each of tries) {
      const log = await readFile(join(logs, each, 'step-test.log'), 'utf8').catch(() => '');
      expect((log.match(BEGUN) ?? []).length, `how often ${each} was begun`).toBeLessThanOrEqual(1);
    }
  }
}
