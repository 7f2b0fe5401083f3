import { textAt } from '@cartographer/machinery';
import { createPatientYtt, type EmbeddedTarget, startEmbeddedTarget, toolDefinitions } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTools, type Tool, type ToolStatus } from './tools.ts';
import { applyAs, observedGeneration, Trial, type Verdict } from './trial.ts';

const ytt = createPatientYtt();
const isBuilt = (await ytt.render({ template: 'a: 1', values: {} }, new AbortController().signal)).kind === 'rendered';
afterAll(() => ytt.close());

const isYtt = ({ templates }: Tool): boolean => templates.some(({ spec }) => textAt(spec, 'ytt') !== '');
const all = readTools();
/** Templates in ytt need a build of ytt, which needs Go. */
const tools = all.filter((tool) => isBuilt || !isYtt(tool));
const cases = tools.flatMap((tool) => tool.statuses.map((status) => [tool, status] as const));
/** What a healthy object says of the generation before the present one. */
const older = cases.flatMap(([tool, status]) =>
  status.name === 'healthy' && observedGeneration(status) !== undefined ? [[tool, ofOlder(status)] as const] : [],
);

function ofOlder(status: ToolStatus): ToolStatus {
  const { object } = status;
  const said = { ...(object['status'] as object), observedGeneration: 0 };
  return { ...status, name: 'older', state: 'running', gives: {}, object: { ...object, status: said } };
}

let target: EmbeddedTarget;
const trials = new Map<string, Trial>();
const verdicts = new Map<string, Verdict>();

beforeAll(async () => {
  target = await startEmbeddedTarget({
    render: ytt.render,
    kinds: toolDefinitions().map(({ definition }) => definition),
  });
  for (const tool of all) for (const object of [...tool.templates, tool.blueprint]) await applyAs(target, object);
  for (const [tool, status] of [...cases, ...older]) {
    const trial = new Trial(target, tools, tool, status);
    trials.set(trial.namespace, trial);
    await trial.begin();
  }
  const { waiting } = target;
  if (waiting.kind !== 'quiet') throw new Error('an embedded server can tell when nothing happens any more');
  for (let news = true; news; ) {
    await waiting.settled();
    const told = await Promise.all([...trials.values()].map((trial) => trial.tell()));
    news = told.includes(true);
  }
  for (const trial of trials.values()) verdicts.set(trial.namespace, await trial.verdict());
}, 300_000);
afterAll(() => target.close());

/** What is left out is said. */
const extent = isBuilt
  ? ''
  : `, without ${all
      .filter(isYtt)
      .map(({ name }) => name)
      .join(', ')}: ytt is not built, which needs Go`;

const titled = (each: readonly (readonly [Tool, ToolStatus])[]): readonly string[] =>
  each.map(([tool, { name }]) => `${tool.name}-${name}`);

describe(`the catalogue${extent}`, () => {
  it.each(titled(cases))('judges and reads what its tools say: %s', (name) => {
    expect(verdicts.get(name)).toEqual(trials.get(name)?.expected());
  });

  it.each(titled(older))('reads nothing that is of an older generation: %s', (name) => {
    expect(verdicts.get(name)).toEqual({ healthy: 'Unknown', gives: {} });
  });

  it.each(titled(cases))('makes one object, which the kind’s definition takes as it is: %s', async (name) => {
    expect(await trials.get(name)?.objects()).toHaveLength(1);
    expect(await trials.get(name)?.warnings()).toEqual([]);
  });

  it('tells by something that a status is of the object as it is', () => {
    const unguarded = all.filter(({ statuses, templates: [template] }) => {
      const isGuarded = template?.metadata.annotations?.['carto.run/read'] !== undefined;
      const isRun = ['immutable', 'tekton'].includes(textAt(template?.['spec'], 'lifecycle'));
      return statuses.some((status) => observedGeneration(status) !== undefined) ? !isGuarded : !isRun;
    });
    // A Runnable makes a run for each input; an Application is told by its commit.
    expect(unguarded.map(({ name }) => name)).toEqual(['argo-application', 'tekton-pipelinerun']);
  });
});
