import type { Json, JsonObject, MutableJsonObject } from '../values/json.ts';
import { setKey } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { createWorkGuard } from '../values/work-guard.ts';
import { celCompiler, mentions, outcomeOf } from './cel.ts';
import { inLibraryContext } from './cel-bridge.ts';
import { compileEvaluation } from './cel-evaluation.ts';
import { type CelExpression, parseExpression } from './cel-expression.ts';
import { isCelFunction } from './cel-functions.ts';
import { CelMeter } from './cel-meter.ts';
import { CelFailure } from './cel-runtime-values.ts';
import type { Frame } from './cel-scope.ts';
import { compileToCel, dynamicToCel } from './cel-values.ts';

/** How asking for a value goes wrong. */
type Unanswered =
  /** It threw, or gave something else than what was asked for. */
  | { readonly kind: 'failed'; readonly message: string }
  /** It cost more than it may, or took too long. */
  | { readonly kind: 'too costly' };

/** What a query gives, and what that cost in CEL's units. */
type QueryOutcome = { readonly cost: number } & ({ readonly kind: 'value'; readonly value: Json } | Unanswered);

/** What a predicate says of a value, and what that cost in CEL's units. */
type PredicateOutcome = { readonly cost: number } & ({ readonly kind: 'said'; readonly holds: boolean } | Unanswered);

/** A value as expressions see it; made once where several of them read it. */
export type CelInput = { readonly cel: unknown };

/** A compiled expression over several variables, which gives a JSON value. */
export type CelQuery = {
  /** Whether it reads a variable. */
  reads(variable: string): boolean;
  /** Whether it names a field of whatever value, as `.field` or as a text. */
  names(field: string): boolean;
  /**
   * `inputs` in the order of the variables. `limit` is what it may cost, in CEL's units: each step that is evaluated
   * costs one or more.
   */
  evaluate(inputs: readonly CelInput[], limit: number): QueryOutcome;
};

/** A compiled expression over one variable. */
export type CelPredicate = {
  /** `limit` as that of a {@link CelQuery}. */
  evaluate(value: JsonObject, limit: number): PredicateOutcome;
};

/** The last resort; the cost ends an evaluation long before. */
const LIMIT_MS = 10_000;
/** Items and characters that a query may give, and how deep they may nest. */
const MAX_ANSWER = 1_000_000;
const MAX_DEPTH = 100;
const NOT_JSON = new CelFailure('gives a value that JSON does not have; turn it into a text with string()');

/** A JSON value as queries see it: integers are integers, objects are maps. */
export function celInput(value: Json): CelInput {
  return { cel: dynamicToCel(value) };
}

/**
 * Compiles an expression over these variables.
 * @throws RuleError when it cannot be compiled.
 */
export function compileQuery(text: string, variables: readonly string[]): CelQuery {
  const expression = parseExpression(text, isCelFunction);
  const evaluate = compileEvaluation(expression, variables);
  return {
    reads: (variable) => mentions(expression, (node) => node.kind === 'identifier' && node.name === variable),
    names: (field) => mentions(expression, (node) => isName(node, field)),
    evaluate: (inputs, limit) =>
      answerOf(
        (meter) => new JsonWriter().jsonOf(evaluate(frameOf(inputs), meter)),
        limit,
        (value) => ({ kind: 'value', value }),
      ),
  };
}

/**
 * Compiles an expression that is true or false of one variable, whose fields are those of the schema.
 * @throws RuleError when it cannot be compiled.
 */
export function compilePredicate(text: string, variable: string, schema: StructuralSchema): CelPredicate {
  const evaluate = compileEvaluation(parseExpression(text, isCelFunction), [variable]);
  const toCel = compileToCel(schema, celCompiler);
  return {
    evaluate: (value, limit) =>
      answerOf(
        (meter) => evaluate([toCel(value)], meter),
        limit,
        (holds) =>
          typeof holds === 'boolean'
            ? { kind: 'said', holds }
            : { kind: 'failed', message: 'is neither true nor false' },
      ),
  };
}

/** Iterations write into the frame: each evaluation has its own. */
function frameOf(inputs: readonly CelInput[]): Frame {
  return inputs.map(({ cel }) => cel);
}

function isName(node: CelExpression, field: string): boolean {
  if (node.kind === 'constant') return node.value === field;
  return (node.kind === 'select' || node.kind === 'has') && node.field === field;
}

function answerOf<Value, Answer>(
  evaluate: (meter: CelMeter) => Value | CelFailure,
  limit: number,
  answer: (value: Value) => Answer,
): { readonly cost: number } & (Answer | Unanswered) {
  const meter = new CelMeter(createWorkGuard(LIMIT_MS), limit);
  const outcome = inLibraryContext(() => outcomeOf(() => evaluate(meter), meter));
  const { cost } = outcome;
  if (outcome.kind === 'cancelled') return { kind: 'too costly', cost };
  if (outcome.kind === 'error') return { kind: 'failed', message: outcome.message, cost };
  return { ...answer(outcome.value as Value), cost };
}

/**
 * A CEL value as JSON; what JSON does not have is a failure: bytes, times, spans, types, keys that are no texts. Parts that
 * a value holds several times count as often, so that none grows beyond what may be written out.
 */
class JsonWriter {
  #left = MAX_ANSWER;

  jsonOf(value: unknown, depth = 0): Json | CelFailure {
    this.#left -= typeof value === 'string' ? value.length + 1 : 1;
    if (this.#left < 0) return new CelFailure(`gives more than ${MAX_ANSWER} items and characters`);
    if (value instanceof CelFailure) return value;
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (typeof value === 'number') return Number.isFinite(value) ? value : NOT_JSON;
    if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    if (depth === MAX_DEPTH) return new CelFailure(`gives a value that nests more than ${MAX_DEPTH} levels deep`);
    if (Array.isArray(value)) return this.#listOf(value, depth + 1);
    return value instanceof Map ? this.#objectOf(value, depth + 1) : NOT_JSON;
  }

  #listOf(items: readonly unknown[], depth: number): Json | CelFailure {
    const list: Json[] = [];
    for (const item of items) {
      const json = this.jsonOf(item, depth);
      if (json instanceof CelFailure) return json;
      list.push(json);
    }
    return list;
  }

  #objectOf(map: ReadonlyMap<unknown, unknown>, depth: number): Json | CelFailure {
    const object: MutableJsonObject = {};
    for (const [key, item] of map) {
      if (typeof key !== 'string') return new CelFailure('gives a map whose keys are no texts');
      const json = this.jsonOf(item, depth);
      if (json instanceof CelFailure) return json;
      setKey(object, key, json);
    }
    return object;
  }
}
