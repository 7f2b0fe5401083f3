import { join } from 'node:path';
import { isList, isObject, type Json, type JsonObject, type KubeObject, textAt } from '@cartographer/machinery';
import { readObjects } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LaptopFixture, startLaptopFixture } from '../../testing/laptop.ts';
import { pipelineRunType, pipelineType, taskRunType } from '../kind/tekton-types.ts';
import { step, type TektonFixture, tektonFixture } from '../testing/runs.ts';

/** What the real controller wrote; its pods were played: `good` ended with 0 and a result, `bad` with 1. */
const recordings = readObjects(join(import.meta.dirname, '../golden/tekton-real.yaml'));

/** Where the stand-in may differ: times, what only a container has, and what is beside Tekton's words in a failure. */
const OPEN_FIELDS = new Set(['startTime', 'completionTime', 'lastTransitionTime', 'startedAt', 'finishedAt', 'script']);

function comparable(value: Json | undefined, key = ''): Json {
  if (isList(value)) return value.map((item) => comparable(item));
  if (!isObject(value)) return key === 'message' && typeof value === 'string' ? tektonWords(value) : (value ?? null);
  const entries = Object.entries(value)
    .filter(([name, item]) => item !== null && !(key === 'terminated' && name === 'message') && name !== 'imageID')
    .map(([name, item]) => [name, OPEN_FIELDS.has(name) ? 'any' : comparable(item, name)]);
  return Object.fromEntries(entries) as Json;
}

/** Without the place of the failure, the last lines and the path of the log. */
function tektonWords(message: string): string {
  return message.replace(/; (?:unit: |at |last lines: ).*$/s, '');
}

function recorded(kind: string, name: string): KubeObject {
  const found = recordings.find((one) => one.kind === kind && one['name'] === name);
  if (found === undefined) throw new Error(`no recording of ${kind} ${name}`);
  return found;
}

describe('a run on the laptop ends in the status that the real controller wrote', () => {
  let laptop: LaptopFixture;
  let tekton: TektonFixture;
  beforeAll(async () => {
    laptop = await startLaptopFixture();
    tekton = tektonFixture(laptop);
    const params = ['source-url', 'source-revision'].map((name) => ({ name, type: 'string' }));
    const writes = 'printf hi > $(results.out.path)';
    const pipeline = (script: string, url = '$(params.source-url)') => ({
      params,
      results: [{ name: 'out', value: '$(tasks.unit.results.out)' }],
      tasks: [
        {
          name: 'unit',
          params: [{ name: 'url', value: url }],
          taskSpec: {
            params: [{ name: 'url', type: 'string' }],
            results: [{ name: 'out', type: 'string' }],
            steps: [step('run', script)],
          },
        },
      ],
    });
    const metadata = { labels: { 'apps.example/pipeline': 'test' } };
    const given = ['source-url', 'source-revision'].map((name) => ({ name, value: 'u' }));
    const run = (name: string, params: object[] = given, ref = 'test') =>
      tekton.pipelineRun(name, { pipelineRef: { name: ref }, params } as never);
    await tekton.pipeline('test', pipeline(writes), metadata);
    await run('good');
    await run('missing-param', given.slice(0, 1));
    await run('no-pipeline', given, 'absent');
    await tekton.endOf(pipelineRunType, 'good');
    await tekton.endOf(pipelineRunType, 'missing-param');
    const steps = { results: [{ name: 'out', type: 'string' }], steps: [step('run', writes)] };
    await tekton.taskRun('task-good', { taskSpec: steps });
    for (const [name, script] of [
      ['bad', `${writes}\nexit 1`],
      ['running', 'exec sleep 300'],
    ] as const) {
      await laptop.client.delete(pipelineType, { namespace: 'default', name: 'test' });
      await tekton.pipeline('test', pipeline(script), metadata);
      await run(name);
      await laptop.until(
        pipelineRunType,
        name,
        (object) => isObject(object['status']) && isList(object['status']['childReferences']),
      );
      await laptop.until(taskRunType, `${name}-unit`, hasStep);
    }
  });
  afterAll(() => laptop.close());

  const hasStep = ({ status }: KubeObject): boolean => isObject(status) && isList(status['steps']);

  it.each(recordings.map((one) => [one.kind, textAt(one, 'name')]))('%s %s', async (kind, name) => {
    const type = kind === 'TaskRun' ? taskRunType : pipelineRunType;
    const isRunning = name.startsWith('running');
    const object = isRunning
      ? await laptop.client.get(type, { namespace: 'default', name })
      : await tekton.endOf(type, name);
    const recording = recorded(kind, name);
    expect(comparable(object['status'])).toEqual(comparable(recording['status']));
    const labels = recording['labels'] as JsonObject;
    const uid = { 'tekton.dev/pipelineRunUID': expect.any(String) };
    expect(object.metadata.labels ?? {}).toEqual({
      ...labels,
      ...('tekton.dev/pipelineRunUID' in labels ? uid : {}),
    });
  });
});
