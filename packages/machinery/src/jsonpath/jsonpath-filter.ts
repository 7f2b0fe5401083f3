import { goText } from '../text/go-text.ts';
import { stringifyJson } from '../values/json.ts';
import { OpaqueJson } from '../values/opaque-json.ts';
import { JsonPathStepError } from './jsonpath-error.ts';
import { type EvaluationState, type Step, spend } from './jsonpath-evaluation.ts';
import type { JsonPathList, JsonPathNode } from './jsonpath-parser.ts';

type Filter = JsonPathNode & { readonly kind: 'filter' };
type Kind = 'bool' | 'int' | 'float' | 'string';
type Operand = { readonly step: Step; readonly kind: Kind | undefined };
type Test = (item: unknown, state: EvaluationState, kept: readonly unknown[], input: readonly unknown[]) => boolean;

/** Compiles `[?(left operator right)]`, given the compiled operands. */
export function filterStep(node: Filter, left: Step, right: Step): Step {
  const test =
    node.operator === 'exists'
      ? existsTest(left)
      : comparisonTest(
          node.operator,
          { step: left, kind: literalKind(node.left) },
          { step: right, kind: literalKind(node.right) },
        );
  return (input, state) => {
    const kept: unknown[] = [];
    for (const value of input) {
      if (!Array.isArray(value)) {
        throw new JsonPathStepError(`${filterTarget(value)} is not array or slice and cannot be filtered`, input);
      }
      spend(state, value.length);
      for (const item of value as unknown[]) if (test(item, state, kept, input)) kept.push(item);
    }
    return kept;
  };
}

/** Existence asks only whether anything was found, even when finding it ended in an error. */
function existsTest(left: Step): Test {
  return (item, state) => {
    try {
      return left([item], state).length > 0;
    } catch (error) {
      if (error instanceof JsonPathStepError) return error.partial.length > 0;
      throw error;
    }
  };
}

function comparisonTest(operator: string, left: Operand, right: Operand): Test {
  return (item, state, kept, input) => {
    const lefts = operandValues(left.step, item, state, input);
    if (lefts.length === 0) return false;
    const rights = operandValues(right.step, item, state, input);
    if (rights.length === 0) return false;
    return compare(operator, [lefts[0], left.kind], [rights[0], right.kind], kept);
  };
}

function operandValues(step: Step, item: unknown, state: EvaluationState, input: readonly unknown[]) {
  try {
    const values = step([item], state);
    if (values.length > 1) throw new JsonPathStepError('can only compare one element at a time', input);
    return values;
  } catch (error) {
    if (error instanceof JsonPathStepError) throw new JsonPathStepError(error.message, input);
    throw error;
  }
}

type Typed = readonly [value: unknown, kind: Kind | undefined];

/** Go's template comparison: kinds must be equal, and an integer is not a float. */
function compare(operator: string, [left, leftKind]: Typed, [right, rightKind]: Typed, kept: readonly unknown[]) {
  if (!['<', '>', '==', '!=', '<=', '>='].includes(operator)) {
    throw new JsonPathStepError(`unrecognized filter operator ${operator}`, kept);
  }
  const kind = leftKind ?? kindOf(left);
  const other = rightKind ?? kindOf(right);
  const ordering = operator !== '==' && operator !== '!=';
  if (kind === undefined || other === undefined || (kind === other && kind === 'bool' && ordering)) {
    throw new JsonPathStepError('invalid type for comparison', kept);
  }
  if (kind !== other) throw new JsonPathStepError('incompatible types for comparison', kept);
  return ordered(operator, left as string, right as string);
}

/** Both operands have the same comparable kind here; `bigint` and `number` compare by value. */
function ordered(operator: string, left: string, right: string): boolean {
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '==':
      return left == right; // oxlint-disable-line eqeqeq -- bigint against number
    default:
      return left != right; // oxlint-disable-line eqeqeq -- bigint against number
  }
}

function kindOf(value: unknown): Kind | undefined {
  const type = typeof value;
  if (type === 'string') return 'string';
  if (type === 'boolean') return 'bool';
  if (type === 'bigint') return 'int';
  if (type === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return undefined;
}

/** `1.0` in a template is a float although its value is an integer; every other kind shows in the value. */
function literalKind(list: JsonPathList): Kind | undefined {
  return list.nodes.at(-1)?.kind === 'float' ? 'float' : undefined;
}

/** The text of a value that cannot be filtered, as Go prints it with `%v`; v1.JSON is a struct of bytes. */
function filterTarget(value: unknown): string {
  if (!(value instanceof OpaqueJson)) return value === undefined ? '<invalid reflect.Value>' : goText(value);
  return `{[${new TextEncoder().encode(stringifyJson(value.value)).join(' ')}]}`;
}
