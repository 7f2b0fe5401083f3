import type { Json, KubeObject } from '@cartographer/machinery';
import { getPath, listAt, textAt } from '@cartographer/machinery';
import type { PathNode, PathOutput } from './path.ts';
import type { ToldCondition } from './told-condition.ts';
import { sinceOf, toldConditions } from './told-condition.ts';

/** A step as an owner's status has it. */
export type StatusStep = {
  readonly name: string;
  readonly conditions: readonly ToldCondition[];
  /** Steps that it reads from. */
  readonly producers: readonly string[];
  readonly outputs: readonly PathOutput[];
  readonly template: PathNode['template'];
  readonly stamped: PathNode['stamped'];
};

/** The entries of an owner's status by name, in their order; of two with one name the first. */
export function statusSteps(owner: KubeObject): ReadonlyMap<string, StatusStep> {
  const steps = new Map<string, StatusStep>();
  for (const entry of listAt(owner['status'], 'resources')) {
    const name = textAt(entry, 'name');
    if (name !== '' && !steps.has(name)) steps.set(name, stepOf(name, entry));
  }
  return steps;
}

function stepOf(name: string, entry: Json): StatusStep {
  return {
    name,
    conditions: toldConditions(entry),
    producers: listAt(entry, 'inputs').map((input) => textAt(input, 'name')),
    outputs: listAt(entry, 'outputs').flatMap(outputOf),
    template: templateOf(entry),
    stamped: stampedOf(entry),
  };
}

function outputOf(output: Json): readonly PathOutput[] {
  const name = textAt(output, 'name');
  if (name === '') return [];
  const since = sinceOf(getPath(output, 'lastTransitionTime'));
  return [{ name, preview: textAt(output, 'preview'), digest: textAt(output, 'digest'), since }];
}

function templateOf(entry: Json): StatusStep['template'] {
  const [kind, name] = [textAt(entry, 'templateRef', 'kind'), textAt(entry, 'templateRef', 'name')];
  return name === '' ? undefined : { kind, name };
}

function stampedOf(entry: Json): StatusStep['stamped'] {
  const text = (field: string): string => textAt(entry, 'stampedRef', field);
  if (text('name') === '') return undefined;
  return {
    apiVersion: text('apiVersion'),
    kind: text('kind'),
    namespace: text('namespace') || undefined,
    name: text('name'),
    resource: text('resource'),
  };
}
