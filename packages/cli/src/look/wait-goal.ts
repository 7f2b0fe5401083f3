import type { PathGraph } from '@cartographer/engine';
import { CartoError, getPath, type KubeObject, listAt, textAt } from '@cartographer/machinery';
import { plainLine } from '../screen/text.ts';

/** What is waited for. */
export type WaitGoal =
  | { readonly kind: 'ready' }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'step'; readonly step: string }
  /** An output of a step; with a text, one that contains it. */
  | { readonly kind: 'output'; readonly step: string; readonly output?: string; readonly contains?: string };

/**
 * Reads `ready`, `deleted`, `step=S`, `output=S`, `output=S.NAME`, `output=S.NAME=TEXT`, `output=S=TEXT`.
 * @throws CartoError `CARTO_USAGE`
 */
export function parseGoal(text: string): WaitGoal {
  if (text === 'ready' || text === 'deleted') return { kind: text };
  const [, kind, step, output, contains] = /^(step|output)=([^.=]+)(?:\.([^=]+))?(?:=(.+))?$/s.exec(text) ?? [];
  if (kind === 'step' && step !== undefined && output === undefined && contains === undefined) return { kind, step };
  if (kind === 'output' && step !== undefined) {
    return {
      kind,
      step,
      ...(output === undefined ? {} : { output }),
      ...(contains === undefined ? {} : { contains }),
    };
  }
  throw new CartoError(
    'CARTO_USAGE',
    `--for "${text}" is none of ready, deleted, step=STEP, output=STEP[.NAME][=TEXT], as output=source.revision=4f2a9c1`,
  );
}

/** `ready`, `done with step "image"`: what an owner is once the goal is reached. */
export function goalText(goal: WaitGoal): string {
  if (goal.kind === 'ready' || goal.kind === 'deleted') return goal.kind;
  if (goal.kind === 'step') return `ready at step "${goal.step}"`;
  const named = goal.output === undefined ? `an output of step "${goal.step}"` : `output ${goal.step}.${goal.output}`;
  return goal.contains === undefined
    ? `there with ${named}`
    : `there with ${named} that has "${plainLine(goal.contains)}"`;
}

/**
 * Whether the goal is reached. What the controller said of an earlier generation is no answer: neither ready nor failed.
 * Nothing is compared with a clock, so clocks may differ.
 */
export function isReached(goal: WaitGoal, owner: KubeObject, graph: PathGraph, generation: number): boolean {
  if (goal.kind === 'deleted' || !isObserved(owner, generation)) return false;
  if (goal.kind === 'ready') {
    return listAt(owner['status'], 'conditions').some(
      (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
    );
  }
  const node = graph.nodes.find(({ step }) => step === goal.step);
  if (goal.kind === 'step') return node?.state === 'ready';
  const { output, contains = '' } = goal;
  return (
    node?.outputs.some(
      ({ name, preview }) => (output === undefined || output === name) && preview.includes(contains),
    ) === true
  );
}

/** Whether the controller has looked at the owner as it is now, and at least at this generation. */
export function isObserved({ metadata, status }: KubeObject, generation: number): boolean {
  const observed = getPath(status, 'observedGeneration');
  return Number(observed ?? 0) >= Math.max(metadata.generation ?? 0, generation);
}
