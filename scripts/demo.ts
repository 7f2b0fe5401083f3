/** `npm run demo`: the main job with an end. A commit becomes an image and an answering app; then another one does. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { getPath, type KubeObject, listAt, type ResourceType, textAt } from '@cartographer/machinery';
import {
  answerOf,
  type CartoProcess,
  commitMessage,
  readAudit,
  stampWrites,
  startCarto,
  until,
} from '../e2e/carto-process.ts';

/** The steps in order, and how to tell that a step holds the new value: it differs from the one before. */
const STEPS: readonly {
  readonly name: string;
  readonly type: ResourceType;
  readonly object: string;
  readonly value: (object: KubeObject | undefined) => string;
}[] = [
  {
    name: 'source',
    type: type('source.toolkit.fluxcd.io', 'v1', 'gitrepositories'),
    object: 'hello',
    value: at('status', 'artifact', 'revision'),
  },
  // A run for each commit: its name is made, and the last that succeeded counts.
  { name: 'test', type: type('tekton.dev', 'v1', 'taskruns'), object: '', value: at('metadata', 'name') },
  { name: 'image', type: type('kpack.io', 'v1alpha2', 'images'), object: 'hello', value: at('status', 'latestImage') },
  {
    name: 'scan',
    type: type('scanning.carto.run', 'v1alpha1', 'imagescans'),
    object: 'hello',
    value: at('status', 'compliantArtifact', 'registry', 'image'),
  },
  {
    name: 'conventions',
    type: type('conventions.carto.run', 'v1alpha1', 'podintents'),
    object: 'hello',
    value: (object) => textAt(listAt(object, 'status', 'template', 'spec', 'containers')[0], 'image'),
  },
  { name: 'config', type: type('', 'v1', 'configmaps'), object: 'hello-release', value: at('data', 'image') },
  {
    name: 'app',
    type: type('serving.knative.dev', 'v1', 'services'),
    object: 'hello',
    value: at('status', 'latestReadyRevisionName'),
  },
];
/** What a commit changes: the test, the image, the scan, the pod that conventions complete, the config and the app. The source finds the commit by itself. */
const APPLIES_PER_COMMIT = STEPS.length - 1;
const HOP_TIMEOUT_MS = 60_000;
const SETTLE_MS = 1_500;

function at(...keys: readonly string[]): (object: KubeObject | undefined) => string {
  return (object) => textAt(object, ...keys);
}

function type(group: string, version: string, resource: string): ResourceType {
  return { group, version, resource, kind: '', namespaced: true };
}

type Values = ReadonlyMap<string, string>;

async function objectOf(carto: CartoProcess, step: (typeof STEPS)[number]): Promise<KubeObject | undefined> {
  if (step.object === '') return lastSuccess(carto, step.type);
  return carto.client.get(step.type, { namespace: 'default', name: step.object }).catch(() => undefined);
}

/** The newest run that ended well. */
async function lastSuccess(carto: CartoProcess, runs: ResourceType): Promise<KubeObject | undefined> {
  const { items } = await carto.client.list(runs, { namespace: 'default' });
  const good = items.filter(({ status }) => getPath(listAt(status, 'conditions')[0], 'status') === 'True');
  return good.toSorted((one, other) => ageOf(one).localeCompare(ageOf(other))).at(-1);
}

function ageOf({ metadata }: KubeObject): string {
  return metadata.creationTimestamp ?? '';
}

/** Waits for each step to show a new value and prints how long after the commit it did. */
async function follow(carto: CartoProcess, before: Values, startedMs: number): Promise<Values> {
  const values = new Map<string, string>();
  let hopMs = startedMs;
  for (const step of STEPS) {
    await until(
      `step ${step.name} has a new value`,
      async () => {
        const value = step.value(await objectOf(carto, step));
        if (value === '' || value === before.get(step.name)) return false;
        values.set(step.name, value);
        return true;
      },
      HOP_TIMEOUT_MS,
    );
    const now = Date.now();
    print(
      `  ${step.name.padEnd(11)} +${String(now - hopMs).padStart(5)} ms  ${(values.get(step.name) ?? '').slice(0, 70)}`,
    );
    hopMs = now;
  }
  return values;
}

async function answers(carto: CartoProcess, message: string, startedMs: number): Promise<void> {
  const service = STEPS.at(-1);
  if (service === undefined) return;
  let text: string | undefined;
  await until(
    `the app answers "${message}"`,
    async () => {
      const url = getPath(await objectOf(carto, service), 'status', 'url');
      text = await answerOf(typeof url === 'string' ? url : undefined);
      return text?.startsWith(message) === true;
    },
    HOP_TIMEOUT_MS,
  );
  print(`  answers  after ${Date.now() - startedMs} ms: ${text?.trim() ?? ''}`);
}

async function demo(dataDir: string): Promise<boolean> {
  print('starting carto up');
  let startedMs = Date.now();
  const carto = await startCarto(dataDir);
  try {
    print(`\nfirst commit -> running app (from the start of the process)`);
    const first = await follow(carto, new Map(), startedMs);
    await answers(carto, 'Hello from the first commit', startedMs);
    await systemClock.sleep(SETTLE_MS);

    print('\nsecond commit -> new version');
    const writesBefore = stampWrites(readAudit(dataDir)).length;
    startedMs = Date.now();
    await commitMessage(carto.repository, 'Hello from the second commit');
    await follow(carto, first, startedMs);
    await answers(carto, 'Hello from the second commit', startedMs);
    await systemClock.sleep(SETTLE_MS);
    return judge(dataDir, writesBefore);
  } finally {
    print(`\nstopping: carto up ended with ${await carto.end('SIGINT')}`);
  }
}

function judge(dataDir: string, writesBefore: number): boolean {
  const writes = stampWrites(readAudit(dataDir)).slice(writesBefore);
  print(
    `\nwrites of the chain for the second commit: ${writes.length} (${STEPS.length} stamped objects, ${APPLIES_PER_COMMIT} of them changed)`,
  );
  for (const { verb, objectRef } of writes) print(`  ${verb} ${objectRef?.resource ?? '?'}/${objectRef?.name ?? '?'}`);
  if (writes.length === APPLIES_PER_COMMIT) return true;
  print(`FAILED: expected exactly one write for each changed step, ${APPLIES_PER_COMMIT} in all`);
  return false;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const dataDir = await mkdtemp(join(tmpdir(), 'carto-demo-'));
try {
  process.exitCode = (await demo(dataDir)) ? 0 : 1;
} catch (error) {
  print(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
