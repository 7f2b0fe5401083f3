import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Condition, JsonObject, ResourceType } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { type CartoProcess, startCarto, until } from './carto-process.ts';

const type = (resource: string, kind: string): ResourceType => ({
  group: 'tekton.dev',
  version: 'v1',
  resource,
  kind,
  namespaced: true,
});
const TASK_RUNS = type('taskruns', 'TaskRun');
const PIPELINE_RUNS = type('pipelineruns', 'PipelineRun');
/** So many TaskRuns run at a time; what is asked for besides waits. */
const AT_ONCE = 4;

async function create({ client }: CartoProcess, of: ResourceType, name: string, spec: JsonObject): Promise<void> {
  const object = { apiVersion: 'tekton.dev/v1', kind: of.kind, metadata: { name, namespace: 'default' }, spec };
  await client.create(of, object);
}

/** What a run says of its end; undefined before. */
async function verdict({ client }: CartoProcess, of: ResourceType, name: string): Promise<Condition | undefined> {
  const { status } = await client.get(of, { namespace: 'default', name });
  const { conditions = [] } = (status ?? {}) as { readonly conditions?: readonly Condition[] };
  return conditions.find((each) => each.type === 'Succeeded' && each.status !== 'Unknown');
}

async function ended(carto: CartoProcess, of: ResourceType, name: string): Promise<string> {
  let end: Condition | undefined;
  await until(`${name} has ended`, async () => (end = await verdict(carto, of, name)) !== undefined);
  return `${end?.reason}: ${end?.message}`;
}

const linesOf = async (file: string): Promise<readonly string[]> =>
  (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('runs of Tekton, when carto up is killed with -9 in the middle of them', () => {
  it('end with it; what had ended and what was cut off is not run again, and what had not begun is run once', {
    timeout: 240_000,
  }, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'carto-tekton-kill-'));
    const [done, pids] = [join(dataDir, 'done'), join(dataDir, 'pids')];
    const step = (name: string, script: string): JsonObject => ({ name, script: `echo ${name} >> ${done}\n${script}` });
    const hangs = `echo $$ >> ${pids}; exec sleep 600`;
    let carto = await startCarto(dataDir, ['--no-example']);
    try {
      await create(carto, PIPELINE_RUNS, 'flow', {
        pipelineSpec: {
          tasks: [
            { name: 'first', taskSpec: { steps: [step('first', 'true')] } },
            {
              name: 'second',
              runAfter: ['first'],
              taskSpec: { steps: [step('second', hangs), step('second-after', 'true')] },
            },
            { name: 'third', runAfter: ['second'], taskSpec: { steps: [step('third', 'true')] } },
          ],
        },
      });
      await until('the second task is in the middle', async () => (await linesOf(pids)).length === 1);
      for (let index = 1; index < AT_ONCE; index += 1) {
        await create(carto, TASK_RUNS, `busy-${index}`, { taskSpec: { steps: [step(`busy-${index}`, hangs)] } });
      }
      await until('nothing more can run', async () => (await linesOf(pids)).length === AT_ONCE);
      await create(carto, TASK_RUNS, 'later', { taskSpec: { steps: [step('later', 'true')] } });

      expect(await carto.end('SIGKILL')).toBe('SIGKILL');
      const cut = (await linesOf(pids)).map(Number);
      await until('no process is left', () => !cut.some(isAlive));

      carto = await startCarto(dataDir, ['--no-example']);
      expect(await ended(carto, TASK_RUNS, 'later')).toContain('Succeeded: ');
      expect(await ended(carto, PIPELINE_RUNS, 'flow')).toMatch(
        /^Failed: Tasks Completed: 2 \(Failed: 1, Cancelled 0\), Skipped: 1; second: "step-second" was interrupted/,
      );
      for (const name of ['flow-second', 'busy-1', 'busy-2', 'busy-3']) {
        expect(await ended(carto, TASK_RUNS, name)).toMatch(/^Failed: "step-.*" was interrupted: .*make a new run/);
      }
      expect((await linesOf(done)).toSorted()).toEqual(['busy-1', 'busy-2', 'busy-3', 'first', 'later', 'second']);
    } finally {
      await carto.end('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
