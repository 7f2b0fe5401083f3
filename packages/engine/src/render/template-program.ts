import type { Json, JsonObject, MutableJsonObject } from '@cartographer/machinery';
import { getKey, goJson, isList, isObject, memoByIdentity, setKey } from '@cartographer/machinery';
import type { PathExpression } from '../paths/path-expression.ts';
import { pathExpression } from '../paths/path-expression.ts';
import { boundsFault, LARGEST_BYTES } from '../paths/value-bounds.ts';

/** What rendering a template gives: a value, or the text of its first fault in document order. */
export type Rendered<T = Json> =
  | { readonly kind: 'rendered'; readonly value: T }
  | { readonly kind: 'faulty'; readonly message: string; readonly advice?: string };

/** A part of a compiled template; throws {@link Fault}. */
type Part = (context: unknown) => Json;

/** Ends a rendering; caught where it started. */
class Fault {
  readonly message: string;

  constructor(path: string, message: string) {
    this.message = `failed to interpolate template at path [${path}]: ${message}`;
  }
}

type Faulty = Extract<Rendered<never>, { kind: 'faulty' }>;

const compiled = memoByIdentity((template: JsonObject): Part | Faulty => {
  const message = boundsFault(template);
  return message === undefined ? (compilePart(template, '') ?? (() => template)) : { kind: 'faulty', message };
});

/**
 * Renders a `$( )$` template. It is compiled once per template object; parts without tags are shared, not copied, so
 * the result must not be changed.
 */
export function renderTemplate(template: JsonObject, context: unknown): Rendered<JsonObject> {
  const program = compiled(template);
  if (typeof program === 'object') return program;
  try {
    return { kind: 'rendered', value: program(context) as JsonObject };
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return { kind: 'faulty', message: `failed to recursively evaluate template: ${fault.message}` };
  }
}

/** Compiles a value; undefined means that it holds no tag and stands for itself. */
function compilePart(value: Json | undefined, path: string): Part | undefined {
  if (typeof value === 'string') return compileText(value, path.endsWith('.') ? path.slice(0, -1) : path);
  if (isList(value)) return compileList(value, path);
  if (isObject(value)) return compileObject(value, path);
  return undefined;
}

/** Paths are written as upstream writes them: `spec.items.[0]name`. */
function compileList(list: readonly Json[], path: string): Part | undefined {
  const parts = list.map((item, i) => compilePart(item, `${path}[${i}]`));
  if (parts.every((part) => part === undefined)) return undefined;
  return (context) => parts.map((part, i) => (part === undefined ? (list[i] ?? null) : part(context)));
}

function compileObject(object: JsonObject, path: string): Part | undefined {
  const keys = Object.keys(object);
  const parts = keys.map((key) => compilePart(getKey(object, key), `${path}${key}.`));
  if (parts.every((part) => part === undefined)) return undefined;
  const plain = !keys.includes('__proto__');
  return (context) => {
    const result: MutableJsonObject = {};
    for (let i = 0; i < keys.length; i += 1) {
      const key = keys[i] as string;
      const part = parts[i];
      const value = part === undefined ? getKey(object, key) : part(context);
      if (plain) result[key] = value;
      else setKey(result, key, value);
    }
    return result;
  };
}

function compileText(text: string, path: string): Part | undefined {
  if (text.startsWith('$(') && text.endsWith(')$') && text.indexOf('$(', 1) < 0 && text.length >= 4) {
    return compileSingle(text.slice(2, -2), path);
  }
  const pieces = splitTags(text);
  if (pieces === undefined) return undefined;
  const parts = pieces.map((piece) =>
    piece.tag ? { tag: piece.text, expression: pathExpression(piece.text) } : piece.text,
  );
  return (context) => {
    let result = '';
    for (const part of parts) {
      result += typeof part === 'string' ? part : embed(part.tag, part.expression, context, path);
      if (result.length > LARGEST_BYTES) throw new Fault(path, `the text is longer than ${LARGEST_BYTES} characters`);
    }
    return result;
  };
}

/** A tag that is the whole text is replaced by the value with its type. */
function compileSingle(tag: string, path: string): Part {
  const expression = pathExpression(tag);
  return (context) => {
    const result = expression(context);
    if (result.kind === 'found') return result.value;
    throw new Fault(path, `evaluate tag $(${tag})$: ${result.message}`);
  };
}

function embed(tag: string, expression: PathExpression, context: unknown, path: string): string {
  const result = expression(context);
  if (result.kind !== 'found') throw new Fault(path, `interpolate tag: evaluate jsonpath: ${result.message}`);
  if (result.value === null) throw new Fault(path, `interpolate tag: tag must not point to nil value: ${tag}`);
  return typeof result.value === 'string' ? result.value : goJson(result.value);
}

/** Text and tags in turn; an opening without a closing is text. Undefined when there is no tag. */
function splitTags(text: string): readonly { readonly tag: boolean; readonly text: string }[] | undefined {
  const pieces: { tag: boolean; text: string }[] = [];
  let from = 0;
  for (;;) {
    const open = text.indexOf('$(', from);
    const close = open < 0 ? -1 : text.indexOf(')$', open + 2);
    if (close < 0) break;
    if (open > from) pieces.push({ tag: false, text: text.slice(from, open) });
    pieces.push({ tag: true, text: text.slice(open + 2, close) });
    from = close + 2;
  }
  if (pieces.length === 0) return undefined;
  if (from < text.length) pieces.push({ tag: false, text: text.slice(from) });
  return pieces;
}
