import { isList, isObject, type Json, type JsonObject, type MutableJsonObject, setKey } from '@cartographer/machinery';
import { ConventionRuleError } from './rule-error.ts';
import { compileIn, type RuleQuery } from './rule-query.ts';

/** A fragment whose texts may hold expressions. */
export type FragmentProgram = {
  readonly queries: readonly RuleQuery[];
  /** Fills the expressions in; `answer` evaluates one. */
  render(answer: (query: RuleQuery) => Json): JsonObject;
};

type Answer = (query: RuleQuery) => Json;
/** Undefined is left out of what it stands in. */
type Node = (answer: Answer) => Json | undefined;

const OPEN = '$(';
const CLOSE = ')$';
/** An expression may hold `)$` in a text of its own: so many ends are tried. */
const MOST_ENDS = 16;

/**
 * Compiles a fragment. A text that is one `$(…)$` becomes the value of the expression, and is left out where that is null;
 * within a longer text it stands for a text, a number or a boolean.
 *
 * @throws ConventionRuleError with the place of what does not compile.
 */
export function compileFragment(fragment: JsonObject, path: string, variables: readonly string[]): FragmentProgram {
  const queries: RuleQuery[] = [];
  const compile = (value: Json, at: string): Node => {
    if (typeof value === 'string') return textNode(value, at);
    if (isList(value)) return listNode(value.map((item, index) => compile(item, `${at}[${index}]`)));
    if (isObject(value)) return objectNode(value, at);
    return () => value;
  };
  const objectNode = (object: JsonObject, at: string): ((answer: Answer) => JsonObject) => {
    const members = Object.entries(object).map(
      ([key, item]) => [key, compile(item ?? null, `${at}${keyPath(key)}`)] as const,
    );
    return (answer) => {
      const result: MutableJsonObject = {};
      for (const [key, node] of members) {
        const value = node(answer);
        if (value !== undefined) setKey(result, key, value);
      }
      return result;
    };
  };
  const textNode = (text: string, at: string): Node => {
    const parts = partsOf(text, at, variables);
    queries.push(...parts.filter((part) => typeof part !== 'string'));
    const [first = '', ...rest] = parts;
    if (rest.length > 0) return (answer) => parts.map((part) => wordOf(part, answer, at)).join('');
    return typeof first === 'string' ? () => first : (answer) => answer(first) ?? undefined;
  };
  const render = objectNode(fragment, path);
  return { queries, render };
}

function listNode(items: readonly Node[]): Node {
  return (answer) => items.map((item) => item(answer)).filter((item) => item !== undefined);
}

function wordOf(part: string | RuleQuery, answer: Answer, at: string): string {
  if (typeof part === 'string') return part;
  const value = answer(part);
  if (value === null || typeof value === 'object') {
    throw new ConventionRuleError(at, 'an expression within a text has to give a text, a number or a boolean');
  }
  return String(value);
}

/** The parts of a text: what stands there, and expressions. */
function partsOf(text: string, at: string, variables: readonly string[]): readonly (string | RuleQuery)[] {
  const parts: (string | RuleQuery)[] = [];
  let from = 0;
  for (;;) {
    const start = text.indexOf(OPEN, from);
    const found = start < 0 ? undefined : expressionAt(text, start, { at, variables });
    if (found === undefined) break;
    if (start > from) parts.push(text.slice(from, start));
    parts.push(found.query);
    from = found.end;
  }
  if (from < text.length || parts.length === 0) parts.push(text.slice(from));
  return parts;
}

/** The expression that begins there, up to the first end with which it compiles; undefined where none ends. */
function expressionAt(
  text: string,
  start: number,
  { at, variables }: { readonly at: string; readonly variables: readonly string[] },
): { readonly query: RuleQuery; readonly end: number } | undefined {
  let failure: unknown;
  let close = start;
  for (let tries = 0; tries < MOST_ENDS; tries += 1) {
    close = text.indexOf(CLOSE, close + 1);
    if (close < 0) break;
    try {
      const query = compileIn(text.slice(start + OPEN.length, close), at, variables);
      return { query, end: close + CLOSE.length };
    } catch (error) {
      // The first says best what is wrong.
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

function keyPath(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
