import { OpaqueJson } from '../values/opaque-json.ts';
import { JsonPathError, JsonPathStepError } from './jsonpath-error.ts';
import { type EvaluationState, type Step, spend } from './jsonpath-evaluation.ts';
import { filterStep } from './jsonpath-filter.ts';
import type { ArrayParam, JsonPathList, JsonPathNode } from './jsonpath-parser.ts';

/** How templates are compiled. */
export type StepOptions = { readonly allowMissingKeys: boolean };

const MAX_DESCENT = 1000;

/** Compiles a list of nodes into one step that feeds each node's results to the next. */
function listStep(list: JsonPathList, options: StepOptions): Step {
  const steps = list.nodes.map((node) => nodeStep(node, options));
  const [only] = steps;
  if (steps.length === 1 && only !== undefined) return only;
  return (input, state) => {
    let current = input;
    for (const step of steps) {
      current = step(current, state);
      spend(state, current.length);
    }
    return current;
  };
}

/** Compiles one node. */
export function nodeStep(node: JsonPathNode, options: StepOptions): Step {
  switch (node.kind) {
    case 'list':
      return listStep(node, options);
    case 'text': {
      const texts = [node.text];
      return () => texts;
    }
    case 'field':
      return fieldStep(node.name, options.allowMissingKeys);
    case 'identifier':
      return identifierStep(node.name);
    case 'bool':
    case 'int':
    case 'float':
      return (input) => input.map(() => node.value);
    case 'array':
      return arrayStep(node.params);
    case 'union':
      return unionStep(node.lists.map((list) => listStep(list, options)));
    case 'filter':
      return filterStep(node, listStep(node.left, options), listStep(node.right, options));
    case 'wildcard':
      return (input) => input.flatMap((value) => childrenOf(value));
    case 'recursive':
      return recursiveStep;
    default:
      return node satisfies never;
  }
}

/** The value of a field, undefined when there is none. Own keys only: `constructor` is a key like any other. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof OpaqueJson) {
    return undefined;
  }
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function fieldStep(name: string, allowMissing: boolean): Step {
  return (input) => {
    if (input.length === 0) return input;
    const found: unknown[] = [];
    for (const value of input) {
      const item = fieldOf(value, name);
      if (item !== undefined) found.push(item);
    }
    if (found.length === 0 && !allowMissing) throw new JsonPathStepError(`${name} is not found`, found);
    return found;
  };
}

function identifierStep(name: string): Step {
  if (name === 'range') {
    return (input, state) => {
      state.beginRange++;
      return input;
    };
  }
  if (name === 'end') {
    return (_input, state) => {
      if (state.inRange === 0) throw new JsonPathStepError('not in range, nothing to end', []);
      state.endRange++;
      return [];
    };
  }
  return (input) => {
    throw new JsonPathStepError(`unrecognized identifier ${name}`, input);
  };
}

function unionStep(steps: readonly Step[]): Step {
  return (input, state) => {
    const found: unknown[] = [];
    for (const step of steps) {
      const part = attempt(step, input, state, input);
      spend(state, part.length);
      for (const value of part) found.push(value);
    }
    return found;
  };
}

/** Runs a step whose failure leaves `partial` as what was found so far. */
function attempt(step: Step, input: readonly unknown[], state: EvaluationState, partial: readonly unknown[]) {
  try {
    return step(input, state);
  } catch (error) {
    if (error instanceof JsonPathStepError) throw new JsonPathStepError(error.message, partial);
    throw error;
  }
}

function arrayStep(params: readonly [ArrayParam, ArrayParam, ArrayParam]): Step {
  return (input, state) => {
    const found: unknown[] = [];
    for (const value of input) {
      if (value === null || value === undefined) continue;
      if (!Array.isArray(value)) throw new JsonPathStepError(`${goType(value)} is not array or slice`, input);
      const slice = sliceBounds(params, value.length, input);
      if (slice === undefined) return found;
      spend(state, Math.ceil((slice.end - slice.start) / slice.step));
      for (let i = slice.start; i < slice.end; i += slice.step) found.push(value[i]);
    }
    return found;
  };
}

type Slice = { readonly start: number; readonly end: number; readonly step: number };

/** Resolves negative and open bounds; undefined when no elements are asked for, which ends the whole node. */
function sliceBounds(
  [from, to, by]: readonly [ArrayParam, ArrayParam, ArrayParam],
  length: number,
  input: readonly unknown[],
): Slice | undefined {
  const start = from.value < 0 ? from.value + length : from.value;
  let end = to.known ? to.value : length;
  if (end < 0 || (end === 0 && to.derived)) end += length;
  if (start === end) return undefined;
  const outOfBounds = (index: number) =>
    new JsonPathStepError(`array index out of bounds: index ${index}, length ${length}`, input);
  if (start >= length || start < 0) throw outOfBounds(start);
  if (end > length || end < 0) throw outOfBounds(end - 1);
  if (start > end) {
    throw new JsonPathStepError(`starting index ${start} is greater than ending index ${end}`, input);
  }
  if (by.known && by.value <= 0) throw new JsonPathStepError('step must be > 0', input);
  return { start, end, step: by.known ? by.value : 1 };
}

/** Go's name for the type that client-go holds the value in. */
function goType(value: unknown): string {
  if (value instanceof OpaqueJson) return 'v1.JSON';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'bigint' ? 'int64' : 'map[string]interface {}';
}

/** What `*` and `..` see below a value. Strings have their bytes as children, as in Go. */
function childrenOf(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return [...new TextEncoder().encode(value)];
  if (Array.isArray(value)) return value as unknown[];
  if (typeof value !== 'object' || value === null || value instanceof OpaqueJson) return [];
  return Object.values(value).filter((item) => item !== undefined);
}

function recursiveStep(input: readonly unknown[], state: EvaluationState): readonly unknown[] {
  const found: unknown[] = [];
  descend(input, found, state, 0);
  return found;
}

/** Collects every map, list and non-empty string at or below the values, parents first. */
function descend(values: readonly unknown[], found: unknown[], state: EvaluationState, depth: number): void {
  if (depth > MAX_DESCENT) throw new JsonPathError('value is nested too deeply');
  for (const value of values) {
    if (typeof value === 'string') {
      if (value !== '') found.push(value);
      continue;
    }
    const children = childrenOf(value);
    if (children.length === 0) continue;
    spend(state, children.length);
    found.push(value);
    descend(children, found, state, depth + 1);
  }
}
