import { getPath, isObject, type Json, type JsonObject, listAt, textAt, textsAt } from '@cartographer/machinery';
import { type EnvSource, readEnv } from '../../env/env-sources.ts';
import { durationMs } from '../values/duration-ms.ts';
import { declaredType } from '../values/param-value.ts';

/** A step, as far as it is honoured here. */
export type Step = {
  readonly name: string;
  /** Not used; it is said so once a run. */
  readonly image: string;
  readonly script: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly EnvSource[];
  readonly workingDir: string;
  /** 0: as long as the run may take. */
  readonly timeoutMs: number;
  /** `onError: continue`: the next step is run though this one failed. */
  readonly goesOn: boolean;
};

/** The spec of a task with what Tekton fills in: the types of parameters and results. */
export function completedTaskSpec(spec: Json | undefined): JsonObject {
  const given = isObject(spec) ? spec : {};
  return {
    ...given,
    ...withTypes(given, 'params'),
    ...withTypes(given, 'results'),
    // Go writes this field of a step always.
    ...(isSet(given['steps'])
      ? { steps: listAt(given, 'steps').map((step) => (isObject(step) ? { computeResources: {}, ...step } : step)) }
      : {}),
  };
}

/** A list of declarations with their types. */
export function withTypes(spec: JsonObject, field: string): JsonObject {
  if (!isSet(spec[field])) return {};
  return {
    [field]: listAt(spec, field).map((item) => (isObject(item) ? { ...item, type: declaredType(item) } : item)),
  };
}

/** Reads the steps of a task; the template's fields count where a step has none. */
export function readSteps(
  spec: Json | undefined,
):
  | { readonly kind: 'steps'; readonly steps: readonly Step[] }
  | { readonly kind: 'unsupported'; readonly message: string } {
  const template = getPath(spec, 'stepTemplate');
  const steps: Step[] = [];
  for (const [index, step] of listAt(spec, 'steps').entries()) {
    const at = `steps[${index}]`;
    const env: EnvSource[] = [];
    for (const [part, place] of [
      [template, 'stepTemplate'],
      [step, at],
    ] as const) {
      const read = readEnv(part, { at: place, of: place, who: 'steps' });
      if (read.kind === 'unsupported') return read;
      env.push(...read.sources);
    }
    steps.push({
      name: stepName(step, index),
      image: either(step, template, 'image'),
      script: textAt(step, 'script'),
      command: eitherList(step, template, 'command'),
      args: eitherList(step, template, 'args'),
      env,
      workingDir: either(step, template, 'workingDir'),
      timeoutMs: durationMs(getPath(step, 'timeout')) ?? 0,
      goesOn: textAt(step, 'onError') === 'continue',
    });
  }
  return { kind: 'steps', steps };
}

/** The name of a step; one without gets its number. */
export function stepName(step: Json, index: number): string {
  const name = textAt(step, 'name');
  return name === '' ? `unnamed-${index}` : name;
}

function either(step: Json, template: Json | undefined, field: string): string {
  const own = textAt(step, field);
  return own === '' ? textAt(template, field) : own;
}

function eitherList(step: Json, template: Json | undefined, field: string): readonly string[] {
  const own = textsAt(step, field);
  return own.length === 0 ? textsAt(template, field) : own;
}

function isSet(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}
