import type { KubeObject } from '@cartographer/machinery';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Facts, pipelineFacts } from './facts.ts';
import { pipelineGraph } from './pipeline-graph.ts';
import { pipelineTasks } from './pipeline-task.ts';
import { pipelineVerdict } from './pipeline-verdict.ts';

/** How a task is, and how its run will end. */
type Plan = {
  readonly after: readonly number[];
  readonly isFinal: boolean;
  readonly goesOn: boolean;
  readonly when: boolean;
  readonly ends: 'True' | 'False';
};

const plans = fc.array(
  fc.record<Plan>({
    after: fc.array(fc.nat(6), { maxLength: 3 }),
    isFinal: fc.boolean(),
    goesOn: fc.boolean(),
    when: fc.boolean(),
    ends: fc.constantFrom('True', 'True', 'False'),
  }),
  { minLength: 1, maxLength: 7 },
);

/** A pipeline of the plans: each task comes after some of those before it. */
function specOf(all: readonly Plan[]): { readonly tasks: readonly object[]; readonly finally: readonly object[] } {
  const mains = all.map((plan, index) => ({ ...plan, index })).filter(({ isFinal }) => !isFinal);
  const json = ({ after, goesOn, when, index, isFinal }: Plan & { index: number }): object => ({
    name: `t${index}`,
    taskSpec: {},
    ...(goesOn ? { onError: 'continue' } : {}),
    when: [{ input: 'a', operator: when ? 'in' : 'notin', values: ['a'] }],
    runAfter: isFinal
      ? []
      : mains.filter((one) => one.index < index && after.includes(one.index)).map((one) => `t${one.index}`),
  });
  const finals = all.map((plan, index) => ({ ...plan, index })).filter(({ isFinal }) => isFinal);
  return { tasks: mains.map(json), finally: finals.map(json) };
}

function run(name: string, status: string): KubeObject {
  const condition = { type: 'Succeeded', status, reason: status === 'False' ? 'Failed' : 'Running' };
  return { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name }, status: { conditions: [condition] } };
}

describe('the tasks of a pipeline, whatever it looks like and in whatever order they end', () => {
  it('are each started once, after those that they wait for, finally last, until all are told', () => {
    fc.assert(
      fc.property(plans, fc.infiniteStream(fc.nat()), (all, choices) => {
        const tasks = pipelineTasks(specOf(all) as never);
        const order = pipelineGraph(tasks);
        if (order.kind === 'invalid') throw new Error(order.message);
        const runs = new Map<string, KubeObject>();
        const look = (): Facts =>
          pipelineFacts({
            tasks,
            graph: order.graph,
            runs,
            specStatus: '',
            timeouts: { pipelineMs: 0 },
            nowMs: 1,
            startedMs: 0,
          });
        const running = (): readonly string[] =>
          [...runs].filter(([, each]) => JSON.stringify(each).includes('Unknown')).map(([name]) => name);
        for (let turn = 0; turn <= all.length * 2; turn += 1) {
          const facts = look();
          for (const task of facts.next) {
            expect(runs.has(task.name), 'started once').toBe(false);
            for (const before of order.graph.get(task.name) ?? [])
              expect(running().includes(before) || facts.next.some(({ name }) => name === before), 'waits').toBe(false);
            if (task.isFinal)
              expect(tasks.filter((one) => !one.isFinal).every((one) => !running().includes(one.name))).toBe(true);
            runs.set(task.name, run(task.name, 'Unknown'));
          }
          const now = running();
          const ending = now[(choices.next().value as number) % Math.max(1, now.length)];
          if (ending !== undefined) runs.set(ending, run(ending, all[Number(ending.slice(1))]?.ends ?? 'True'));
        }
        const facts = look();
        expect(facts.next).toEqual([]);
        const { status } = pipelineVerdict('p', facts);
        const hasFailed = tasks.some((task) => facts.isFailure(task) && !task.goesOn);
        expect(status).toBe(hasFailed ? 'False' : 'True');
        // Each was run, or it is said why not.
        expect(tasks.filter((task) => facts.run(task) === undefined && facts.skipped(task) === undefined)).toEqual([]);
      }),
    );
  });
});
