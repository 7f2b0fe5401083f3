import {
  type Alias,
  Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { isList, isObject, type Json, type MutableJsonObject, setKey } from '../values/json.ts';
import { goText } from './go-text.ts';
import { hasOddBreaks, scalarWithBreaks, withPlainBreaks } from './yaml-breaks.ts';
import { YamlError } from './yaml-error.ts';
import { escapedCharacter, UNPRINTABLE } from './yaml-safe-json.ts';
import { resolvePlainScalar } from './yaml-scalar.ts';

const MAX_LENGTH = 10_000_000;
const MAX_DEPTH = 500;
/** How many values aliases may add to a document; a handful of lines could otherwise stand for billions. */
const MAX_ALIASED = 100_000;
const CONTROL = /(?![\t\n\r\u0085])\p{Cc}/u;

/**
 * Parses a stream of YAML documents as kubectl does; documents without content are left out.
 * Scalars and line breaks follow YAML 1.1 (see {@link resolvePlainScalar}, {@link withPlainBreaks}), keys become
 * strings, `<<` merges, aliases are copied out.
 * Unlike kubectl, a key that stands twice in a map is an error, for the one that wins is anyone's guess.
 * @throws YamlError with the position of what is wrong.
 */
export function parseYamlDocuments(text: string): Json[] {
  const lines = new LineCounter();
  if (text.length > MAX_LENGTH) throw new YamlError(`text is longer than ${MAX_LENGTH} characters`, 1, 1);
  const control = text.search(CONTROL);
  const values: Json[] = [];
  const source = hasOddBreaks(text) ? text : undefined;
  for (const document of parseDocuments(text, lines, source !== undefined)) {
    const [problem] = document.errors;
    if (problem !== undefined) throw errorAt(problemOf(problem.message), problem.pos[0], lines);
    if (document.contents === null) continue;
    const value = new Converter(lines, source).convert(document.contents, 0);
    if (value !== null) values.push(value);
  }
  if (control >= 0) throw errorAt('control characters are not allowed', control, lines);
  return values;
}

/** YAML text of a value: every YAML 1.1 and 1.2 parser reads back the same value. Keys keep their order. */
export function toYaml(value: Json): string {
  const document = new Document(value, {
    version: '1.1',
    schema: 'yaml-1.1',
    // Without its tag, a key `<<` is a string like any other, and can be quoted.
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:merge'),
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Scalar: (_key, scalar) => {
      // The library quotes what YAML 1.1 would take for something else than a string; kubectl knows more: `0o7`, the key `<<`.
      if (typeof scalar.value !== 'string') return;
      const text = scalar.value.toWellFormed();
      scalar.value = text;
      if (needsQuotes(text)) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  // The library leaves these characters as they are in quotes, where YAML 1.1 ends the line or refuses the text.
  return document.toString({ lineWidth: 0 }).replace(UNPRINTABLES, escapedCharacter);
}

const UNPRINTABLES = new RegExp(UNPRINTABLE, 'g');
/** Lines of which the first is empty or indented: readers differ in what they make of it. */
const UNCLEAR_LINES = /^\n|^\s[^]*\n/;

function needsQuotes(text: string): boolean {
  return !isPlainString(text) || UNPRINTABLE.test(text) || UNCLEAR_LINES.test(text);
}

function isPlainString(text: string): boolean {
  const plain = resolvePlainScalar(text);
  return plain.kind === 'value' && plain.value === text && text !== '<<';
}

function parseDocuments(text: string, lines: LineCounter, odd: boolean): readonly Document.Parsed[] {
  try {
    const options = { version: '1.1', schema: 'failsafe', uniqueKeys: false, prettyErrors: false } as const;
    const documents = parseAllDocuments(odd ? withPlainBreaks(text) : text, {
      ...options,
      logLevel: 'error',
      lineCounter: lines,
      keepSourceTokens: odd,
    });
    return Array.isArray(documents) ? documents : [];
  } catch (error) {
    // The parser recurses; its stack is the only thing that very deep nesting exhausts.
    if (error instanceof RangeError) throw new YamlError('exceeded max depth', 1, 1);
    throw error;
  }
}

function problemOf(message: string): string {
  return message.startsWith('Maximum call stack') ? 'exceeded max depth' : message;
}

function errorAt(problem: string, offset: number, lines: LineCounter): YamlError {
  const { line, col } = lines.linePos(offset);
  return new YamlError(problem, Math.max(line, 1), Math.max(col, 1));
}

/** Turns the nodes of one document into JSON. */
class Converter {
  readonly #lines: LineCounter;
  readonly #source: string | undefined;
  readonly #anchors = new Map<string, Node>();
  readonly #targets = new Map<Alias, Node>();
  /** The collections around the node at hand: an alias to one of them has no end. */
  readonly #open = new Set<Node>();
  #aliased = 0;
  #aliasDepth = 0;

  /** `source` is given where its line breaks are not those that were parsed. */
  constructor(lines: LineCounter, source: string | undefined) {
    this.#lines = lines;
    this.#source = source;
  }

  convert(node: unknown, depth: number): Json {
    if (depth > MAX_DEPTH) throw this.#error('exceeded max depth', node);
    if (this.#aliasDepth > 0 && ++this.#aliased > MAX_ALIASED) {
      throw this.#error('document contains excessive aliasing', node);
    }
    if (isAlias(node)) return this.#throughAlias(node, (target) => this.convert(target, depth + 1));
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    if (node.anchor !== undefined && this.#aliasDepth === 0) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#scalar(node);
    this.#open.add(node);
    const value = isMap(node) ? this.#map(node, depth) : node.items.map((item) => this.convert(item, depth + 1));
    this.#open.delete(node);
    return value;
  }

  #map(map: YAMLMap, depth: number): Json {
    const object: MutableJsonObject = {};
    const merged: MutableJsonObject = {};
    for (const { key, value } of map.items) {
      if (isMergeKey(key)) {
        this.#merge(value, merged, depth + 1);
        continue;
      }
      const name = this.#key(key);
      if (Object.hasOwn(object, name)) throw this.#error(`key ${JSON.stringify(name)} already set in map`, key);
      setKey(object, name, this.convert(value, depth + 1));
    }
    for (const key of Object.keys(merged)) if (!Object.hasOwn(object, key)) setKey(object, key, merged[key]);
    return object;
  }

  /** `<<` takes a map or a list of maps; what the map says itself wins, then the earlier of the list. */
  #merge(node: unknown, into: MutableJsonObject, depth: number): void {
    const value = this.convert(node, depth);
    for (const source of isList(value) ? value : [value]) {
      if (!isObject(source)) throw this.#error('map merge requires map or sequence of maps as the value', node);
      for (const key of Object.keys(source)) if (!Object.hasOwn(into, key)) setKey(into, key, source[key]);
    }
  }

  #key(node: unknown): string {
    const value = isAlias(node) ? this.#throughAlias(node, (target) => this.convert(target, 1)) : this.convert(node, 1);
    if (value === null || isObject(value) || isList(value)) throw this.#error('unsupported map key', node);
    return goText(value);
  }

  #throughAlias<T>(alias: Alias, use: (target: Node) => T): T {
    const target = this.#targetOf(alias);
    if (target === undefined) throw this.#error(`unknown anchor '${alias.source}' referenced`, alias);
    if (this.#open.has(target)) throw this.#error(`anchor '${alias.source}' value contains itself`, alias);
    this.#aliasDepth++;
    try {
      return use(target);
    } finally {
      this.#aliasDepth--;
    }
  }

  /** An alias means the last anchor of its name above it, however often it is copied out later. */
  #targetOf(alias: Alias): Node | undefined {
    const known = this.#targets.get(alias);
    if (known !== undefined) return known;
    const target = this.#anchors.get(alias.source);
    if (target !== undefined) this.#targets.set(alias, target);
    return target;
  }

  #scalar(scalar: Scalar): Json {
    const parsed = typeof scalar.value === 'string' ? scalar.value : '';
    const text = this.#source === undefined ? parsed : scalarWithBreaks(scalar, this.#source);
    const tag = scalar.tag?.replace('tag:yaml.org,2002:', '!!');
    if (tag === '!!binary')
      return decodeBase64(text) ?? this.#refuse('!!binary value contains invalid base64 data', scalar);
    if (!text.isWellFormed()) throw this.#error('found invalid Unicode character escape code', scalar);
    if (tag === undefined ? scalar.type !== 'PLAIN' : !RESOLVED_TAGS.has(tag)) return text;
    const plain = resolvePlainScalar(text);
    if (plain.kind === 'infinite') throw this.#error(`number ${text} cannot be written as JSON`, scalar);
    if (tag !== undefined && tag !== tagOf(plain.value) && !(tag === '!!float' && typeof plain.value === 'number')) {
      throw this.#error(`cannot decode ${tagOf(plain.value)} \`${text}\` as a ${tag}`, scalar);
    }
    return plain.value;
  }

  #refuse(problem: string, node: Node): never {
    throw this.#error(problem, node);
  }

  #error(problem: string, node: unknown): YamlError {
    const range = (node as { readonly range?: readonly number[] | null } | null)?.range;
    return errorAt(problem, range?.[0] ?? 0, this.#lines);
  }
}

const RESOLVED_TAGS = new Set(['!!bool', '!!int', '!!float', '!!null']);

function tagOf(value: Json): string {
  if (value === null) return '!!null';
  if (typeof value === 'boolean') return '!!bool';
  if (typeof value === 'string') return '!!str';
  return typeof value === 'bigint' || Number.isInteger(value) ? '!!int' : '!!float';
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN' && key.tag === undefined;
}

function decodeBase64(text: string): string | undefined {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
  } catch {
    return undefined;
  }
}
