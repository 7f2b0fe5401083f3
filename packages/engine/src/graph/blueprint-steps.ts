import type { Json } from '@cartographer/machinery';
import { getPath, isObject, listAt, textAt } from '@cartographer/machinery';

/** The lists of a step that name its inputs, in the order of the status, and `deployment`, which is one. */
const INPUT_KINDS = ['sources', 'images', 'deployment', 'configs'] as const;

/** Which kind of value an input is. */
export type InputKind = (typeof INPUT_KINDS)[number];

/** An input of a step as its blueprint names it. */
type StepInput = { readonly from: string; readonly input: string; readonly kind: InputKind };

/** A step as its blueprint has it, whatever else stands there. */
export type BlueprintStep = {
  readonly name: string;
  readonly templateKind: string;
  /** '' where there are options. */
  readonly templateName: string;
  /** Of a template, or of the input that is passed through. */
  readonly options: readonly string[];
  readonly inputs: readonly StepInput[];
};

/** The steps of a blueprint in its order; of two with one name the first. */
export function blueprintSteps(blueprint: unknown): readonly BlueprintStep[] {
  const steps = new Map<string, BlueprintStep>();
  for (const resource of listAt(blueprint, 'spec', 'resources')) {
    const name = textAt(resource, 'name');
    if (name !== '' && !steps.has(name)) steps.set(name, stepOf(name, resource));
  }
  return [...steps.values()];
}

function stepOf(name: string, resource: Json): BlueprintStep {
  return {
    name,
    templateKind: textAt(resource, 'templateRef', 'kind'),
    templateName: textAt(resource, 'templateRef', 'name'),
    options: listAt(resource, 'templateRef', 'options').map(
      (option) => textAt(option, 'name') || textAt(option, 'passThrough'),
    ),
    inputs: INPUT_KINDS.flatMap((kind) => inputsOf(resource, kind)),
  };
}

function inputsOf(resource: Json, kind: InputKind): readonly StepInput[] {
  const found = getPath(resource, kind);
  const references = kind === 'deployment' && isObject(found) ? [found] : listAt(found);
  return references.map((reference) => ({
    from: textAt(reference, 'resource'),
    input: kind === 'deployment' ? kind : textAt(reference, 'name'),
    kind,
  }));
}
