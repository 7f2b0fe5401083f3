import { goJson, goText } from '../text/go-text.ts';
import { OpaqueJson } from '../values/opaque-json.ts';
import { JsonPathError } from './jsonpath-error.ts';
import { type EvaluationState, type Step, spend, startState } from './jsonpath-evaluation.ts';
import { type JsonPathNode, parseJsonPath } from './jsonpath-parser.ts';
import { fieldOf, nodeStep } from './jsonpath-steps.ts';

/** A compiled template in the JSONPath dialect of client-go and kubectl. Pure, so it may be shared and kept. */
export interface JsonPath {
  /** The template it was compiled from. */
  readonly text: string;
  /**
   * Evaluates the template: one list of results for each top-level node (`{…}` or the text between), as
   * client-go's FindResults. Results are parts of `root`, not copies.
   * @throws JsonPathError with client-go's text.
   */
  find(root: unknown): readonly (readonly unknown[])[];
}

/** How a template is evaluated. */
export type JsonPathOptions = {
  /** A missing field yields no result instead of the error `x is not found`. */
  readonly allowMissingKeys?: boolean;
};

/**
 * Compiles a template (`{.spec.containers[?(@.name=="app")].image}`) once into closures.
 * @throws JsonPathError with client-go's text when it does not parse.
 */
export function compileJsonPath(template: string, options: JsonPathOptions = {}): JsonPath {
  const allowMissingKeys = options.allowMissingKeys ?? false;
  const nodes = parseJsonPath(template);
  const fields = fieldsOf(nodes);
  if (fields !== undefined) return { text: template, find: fieldChain(fields, allowMissingKeys) };
  const steps = nodes.map((node) => nodeStep(node, { allowMissingKeys }));
  return { text: template, find: (root) => findResults(steps, 0, root, startState(), 0) };
}

/** The text of one list of results as `kubectl -o jsonpath` prints it: maps and lists as JSON, blanks between. */
export function printJsonPathResults(results: readonly unknown[]): string {
  return results.map((result) => printResult(result)).join(' ');
}

function printResult(result: unknown): string {
  const value = result instanceof OpaqueJson ? result.value : result;
  if (value === null) return 'null';
  return typeof value === 'object' ? goJson(value) : goText(value);
}

/** The names of a template that is a plain `{.a.b.c}`, by far the most frequent kind; it needs no lists on its way. */
function fieldsOf(nodes: readonly JsonPathNode[]): readonly string[] | undefined {
  const [action] = nodes;
  if (nodes.length !== 1 || action?.kind !== 'list') return undefined;
  const fields = action.nodes.filter((node) => node.kind === 'field');
  return fields.length === action.nodes.length ? fields.map((field) => field.name) : undefined;
}

function fieldChain(names: readonly string[], allowMissingKeys: boolean): JsonPath['find'] {
  return (root) => {
    let value = root;
    for (const name of names) {
      value = fieldOf(value, name);
      if (value !== undefined) continue;
      if (!allowMissingKeys) throw new JsonPathError(`${name} is not found`);
      return [[]];
    }
    return [[value]];
  };
}

const MAX_RANGES = 100;

/** client-go's FindResults: `{range}` evaluates the rest of the template once for each of its results. */
function findResults(
  steps: readonly Step[],
  from: number,
  root: unknown,
  state: EvaluationState,
  depth: number,
): readonly (readonly unknown[])[] {
  if (depth > MAX_RANGES) throw new JsonPathError('ranges are nested too deeply');
  const all: (readonly unknown[])[] = [];
  for (let i = from; i < steps.length; i++) {
    const results = (steps[i] as Step)([root], state);
    spend(state, 1 + results.length);
    if (state.endRange > 0 && state.endRange <= state.inRange) {
      state.endRange--;
      state.lastEnd = i;
      break;
    }
    if (state.beginRange === 0) {
      all.push(results);
      continue;
    }
    state.beginRange--;
    state.inRange++;
    for (const value of results) {
      for (const list of findResults(steps, i + 1, value, state, depth + 1)) all.push(list);
    }
    // A range over nothing still runs once, to find its end.
    if (results.length === 0) findResults(steps, i + 1, undefined, state, depth + 1);
    state.inRange--;
    if (state.lastEnd > i) i = state.lastEnd;
  }
  return all;
}
