import { nextStepOf } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { textAt } from '@cartographer/machinery';
import type { BlueprintStep, InputKind } from './blueprint-steps.ts';
import { blueprintSteps } from './blueprint-steps.ts';
import { ownerJudgement } from './owner-judgement.ts';
import type { PathEdge, PathGraph, PathNode } from './path.ts';
import type { StatusStep } from './status-steps.ts';
import { statusSteps } from './status-steps.ts';
import type { Seen, StepVerdict } from './step-verdicts.ts';
import { stepVerdicts } from './step-verdicts.ts';
import { NOT_LOOKED_AT, statusOf, toldOf } from './told-condition.ts';

/**
 * What is known of an owner's way through its blueprint, from the two objects alone (no I/O). The status may be any JSON:
 * what is not as we write it is passed over.
 */
export function pathGraph(blueprint: KubeObject | undefined, owner: KubeObject): PathGraph {
  return seenGraph(blueprint, owner, new Map());
}

/** The same for who has looked at the objects of the steps, too. */
export function seenGraph(
  blueprint: KubeObject | undefined,
  owner: KubeObject,
  seen: ReadonlyMap<string, Seen>,
): PathGraph {
  const planned = blueprintSteps(blueprint);
  const told = statusSteps(owner);
  const names = new Set([...planned.map(({ name }) => name), ...told.keys()]);
  const edges = [...planned.flatMap((step) => plannedEdges(step, told)), ...toldEdges(planned, told)].filter(
    ({ from, to }) => names.has(from) && names.has(to),
  );
  const verdicts = stepVerdicts([...names], told, edges, seen);
  const plans = new Map(planned.map((step) => [step.name, step]));
  const nodes = [...verdicts].map(([name, verdict]) => nodeOf(name, verdict, plans.get(name), told.get(name)));
  return { blueprint: blueprintOf(blueprint, owner), ...ownerJudgement(owner, told, nodes), nodes, edges };
}

function blueprintOf(blueprint: KubeObject | undefined, owner: KubeObject): PathGraph['blueprint'] {
  if (blueprint !== undefined) return { kind: textAt(blueprint, 'kind'), name: textAt(blueprint, 'metadata', 'name') };
  for (const [field, kind] of [
    ['supplyChainRef', 'ClusterSupplyChain'],
    ['deliveryRef', 'ClusterDelivery'],
  ] as const) {
    const name = textAt(owner['status'], field, 'name');
    if (name !== '') return { kind, name };
  }
  return undefined;
}

function plannedEdges({ name, inputs }: BlueprintStep, told: ReadonlyMap<string, StatusStep>): readonly PathEdge[] {
  return inputs.map(({ from, input, kind }) => ({ from, to: name, input, kind, value: valueOf(told.get(from), kind) }));
}

/** Of steps that the blueprint does not have, the status says from whom they read, and not what. */
function toldEdges(planned: readonly BlueprintStep[], told: ReadonlyMap<string, StatusStep>): readonly PathEdge[] {
  const known = new Set(planned.map(({ name }) => name));
  return [...told.values()]
    .filter(({ name }) => !known.has(name))
    .flatMap(({ name, producers }) =>
      producers.map((from): PathEdge => {
        const kind = kindOfOutputs(told.get(from));
        return { from, to: name, input: '', kind, value: valueOf(told.get(from), kind) };
      }),
    );
}

function kindOfOutputs(producer: StatusStep | undefined): InputKind {
  const has = (name: string): boolean => producer?.outputs.some((output) => output.name === name) === true;
  if (has('image') || producer?.template?.kind === 'ClusterImageTemplate') return 'images';
  return has('config') || producer?.template?.kind === 'ClusterConfigTemplate' ? 'configs' : 'sources';
}

const SHOWN_OUTPUT = { sources: 'revision', deployment: 'revision', images: 'image', configs: 'config' } as const;

function valueOf(producer: StatusStep | undefined, kind: InputKind): string | undefined {
  return producer?.outputs.find(({ name }) => name === SHOWN_OUTPUT[kind])?.preview.trim();
}

function nodeOf(
  step: string,
  { state, condition, waitsFor, nextStep }: StepVerdict,
  plan: BlueprintStep | undefined,
  told: StatusStep | undefined,
): PathNode {
  const { conditions = [], template, stamped, outputs = [] } = told ?? {};
  const named = plan === undefined || plan.templateName === '' ? undefined : plan;
  const ready = toldOf(conditions, 'Ready');
  return {
    step,
    state,
    template: template ?? (named === undefined ? undefined : { kind: named.templateKind, name: named.templateName }),
    options: plan?.options ?? [],
    stamped,
    outputs,
    reason: condition?.reason ?? '',
    message: condition?.message ?? (told === undefined ? NOT_LOOKED_AT : ''),
    since: condition === undefined ? ready?.since : condition.since,
    healthy: statusOf(toldOf(conditions, 'Healthy')),
    ready: statusOf(ready),
    waitsFor,
    ...(nextStep ?? (condition === undefined ? { move: 'nobody', next: undefined } : nextStepOf(condition))),
  };
}
