import type { Json, JsonPath } from '@cartographer/machinery';
import { compileJsonPath, goText, JsonPathError, OpaqueJson, unsetList } from '@cartographer/machinery';
import { plainValue } from './typed-view.ts';

/**
 * What a path leads to. `missing` is what waits for a value, `failed` is a path that is wrong or does not fit the data;
 * messages are upstream's.
 */
export type PathResult =
  | { readonly kind: 'found'; readonly value: Json }
  | { readonly kind: 'missing'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** A compiled path: give it the data, get what it leads to. */
export type PathExpression = (root: unknown) => PathResult;

const CACHE_LIMIT = 5000;
const cache = new Map<string, PathExpression>();

/**
 * Compiles a path of a template or blueprint: client-go JSONPath with or without its outer braces, exactly one value
 * expected. A path that does not parse is no exception: it fails with its message on each evaluation, as upstream does.
 */
export function pathExpression(text: string): PathExpression {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const expression = compile(text);
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(text, expression);
  return expression;
}

function compile(text: string): PathExpression {
  if (text === '') return always({ kind: 'failed', message: 'empty jsonpath not allowed' });
  const wrapped = wrap(text);
  let path: JsonPath;
  try {
    path = compileJsonPath(wrapped, { allowMissingKeys: true });
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    return always({
      kind: 'failed',
      message: `evaluate: failed to parse jsonpath '${wrapped}': ${error.message}`,
    });
  }
  const missing: PathResult = { kind: 'missing', message: `jsonpath returned empty list: ${text}` };
  return (root) => evaluate(path, text, root, missing);
}

function evaluate(path: JsonPath, text: string, root: unknown, missing: PathResult): PathResult {
  let lists: readonly (readonly unknown[])[];
  try {
    lists = path.find(root);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    return { kind: 'failed', message: `evaluate: failed to find results: ${error.message}` };
  }
  if (lists.length > 1) {
    const values = lists.map((list) => list.map((value) => plain(value)));
    return { kind: 'failed', message: `evaluate: more queries than expected: ${goText(values)}` };
  }
  const results = lists[0] ?? [];
  if (results.length > 1) return { kind: 'failed', message: `too many results for the query: ${text}` };
  return results.length === 0 ? missing : { kind: 'found', value: plain(results[0]) };
}

/** The JSON of a result: what Go's marshaller would make of the typed value that was found. */
function plain(value: unknown): Json {
  if (value === undefined || value === unsetList) return null;
  if (value instanceof OpaqueJson) return value.value;
  return plainValue(value);
}

function wrap(text: string): string {
  const head = text.startsWith('{.') ? '' : text.startsWith('.') ? '{' : '{.';
  return `${head}${text}${text.endsWith('}') ? '' : '}'}`;
}

function always(result: PathResult): PathExpression {
  return () => result;
}
