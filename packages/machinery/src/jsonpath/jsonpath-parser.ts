import { trimRight } from '../text/trim-right.ts';
import { JsonPathError } from './jsonpath-error.ts';
import { hashU, isDigit, isLetter, parseGoFloat, parseGoInteger, unquote } from './jsonpath-lexis.ts';

/** One bound of `[a:b:c]`. `derived` marks the end of a single index, which client-go counts from the start. */
export type ArrayParam = { readonly known: boolean; readonly value: number; readonly derived: boolean };

/** A node of a parsed template, as client-go's `util/jsonpath/node.go` has them. */
export type JsonPathNode =
  | { readonly kind: 'list'; readonly nodes: JsonPathNode[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'identifier'; readonly name: string }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: number | bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'array'; readonly params: readonly [ArrayParam, ArrayParam, ArrayParam] }
  | { readonly kind: 'union'; readonly lists: readonly JsonPathList[] }
  | { readonly kind: 'filter'; readonly left: JsonPathList; readonly right: JsonPathList; readonly operator: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'recursive' };

/** A sequence of nodes: what stands between `{` and `}`, or an operand of a filter. */
export type JsonPathList = JsonPathNode & { readonly kind: 'list' };

const MAX_LENGTH = 65_536;
const MAX_DEPTH = 100;
const EOF = '';
const DICT_KEY = /^'([^']*)'$/;
const SLICE = /^(-?[0-9]*)(:-?[0-9]*)?(:-?[0-9]*)?$/;
const COMPARISON = /^([^!<>=]+)([!<>=]+)([^\n]+?)$/;

/**
 * Parses a template into its top-level nodes: literal texts and `{…}` actions.
 * Follows client-go's `parser.go` state by state, so that odd templates mean and fail the same here as there.
 * @throws JsonPathError with client-go's text.
 */
export function parseJsonPath(template: string): readonly JsonPathNode[] {
  if (template.length > MAX_LENGTH) throw new JsonPathError(`template is longer than ${MAX_LENGTH} characters`);
  return new Parser(template, 0).parse();
}

/** A cursor over one template. Nested expressions (unions, quoted keys, filter operands) get a parser of their own. */
class Parser {
  readonly #input: string;
  readonly #depth: number;
  #pos = 0;
  #start = 0;
  #width = 0;

  constructor(input: string, depth: number) {
    if (depth > MAX_DEPTH) throw new JsonPathError('template is nested too deeply');
    this.#input = input;
    this.#depth = depth;
  }

  parse(): readonly JsonPathNode[] {
    const root: JsonPathNode[] = [];
    for (;;) {
      const brace = this.#input.indexOf('{', this.#pos);
      this.#pos = brace < 0 ? this.#input.length : brace;
      if (this.#pos > this.#start) root.push({ kind: 'text', text: this.#consume() });
      if (brace < 0) return root;
      this.#pos++;
      this.#consume();
      const action: JsonPathList = { kind: 'list', nodes: [] };
      root.push(action);
      while (this.#insideAction(action.nodes));
    }
  }

  /** Parses an expression on its own, as client-go's parseAction does: wrapped in braces, first action only. */
  #expression(text: string): JsonPathList {
    const [first] = new Parser(`{${text}}`, this.#depth + 1).parse();
    return first as JsonPathList;
  }

  /** Reads the next node of an action; false when the closing brace was read instead. */
  #insideAction(nodes: JsonPathNode[]): boolean {
    if (this.#input.startsWith('}', this.#pos)) {
      this.#pos++;
      this.#consume();
      return false;
    }
    if (this.#input.startsWith('[?(', this.#pos)) this.#filter(nodes);
    else if (this.#input.startsWith('..', this.#pos)) this.#recursive(nodes);
    else this.#simpleNode(nodes);
    return true;
  }

  #simpleNode(nodes: JsonPathNode[]): void {
    const rune = this.#next();
    if (rune === EOF || isEndOfLine(rune)) throw new JsonPathError('unclosed action');
    if (rune === ' ' || rune === '@' || rune === '$') {
      this.#consume();
    } else if (rune === '[') {
      this.#array(nodes);
    } else if (rune === '"' || rune === "'") {
      this.#quote(nodes, rune);
    } else if (rune === '.') {
      this.#field(nodes);
    } else if (rune === '+' || rune === '-' || isDigit(rune)) {
      this.#backup();
      this.#number(nodes);
    } else if (isAlphaNumeric(rune)) {
      this.#backup();
      this.#identifier(nodes);
    } else {
      throw new JsonPathError(`unrecognized character in action: ${hashU(rune)}`);
    }
  }

  #identifier(nodes: JsonPathNode[]): void {
    while (!isTerminator(this.#next()));
    this.#backup();
    const name = this.#consume();
    const bool = name === 'true' || name === 'false';
    nodes.push(bool ? { kind: 'bool', value: name === 'true' } : { kind: 'identifier', name });
  }

  #recursive(nodes: JsonPathNode[]): void {
    if (nodes.at(-1)?.kind === 'recursive') throw new JsonPathError('invalid multiple recursive descent');
    this.#pos += 2;
    this.#consume();
    nodes.push({ kind: 'recursive' });
    const rune = this.#next();
    this.#backup();
    if (isAlphaNumeric(rune)) this.#field(nodes);
  }

  #number(nodes: JsonPathNode[]): void {
    const sign = this.#next();
    if (sign !== '+' && sign !== '-') this.#backup();
    for (let rune = this.#next(); rune === '.' || isDigit(rune); rune = this.#next());
    this.#backup();
    const text = this.#consume();
    const integer = parseGoInteger(text);
    if (integer !== undefined) {
      nodes.push({ kind: 'int', value: integer });
      return;
    }
    const float = parseGoFloat(text);
    if (float === undefined) throw new JsonPathError(`cannot parse number ${text}`);
    nodes.push({ kind: 'float', value: float });
  }

  #field(nodes: JsonPathNode[]): void {
    this.#consume();
    for (let rune = this.#next(); !isTerminator(rune); rune = this.#next()) {
      if (rune === '\\') this.#next();
    }
    this.#backup();
    const name = this.#consume();
    nodes.push(name === '*' ? { kind: 'wildcard' } : { kind: 'field', name: name.replaceAll('\\', '') });
  }

  #quote(nodes: JsonPathNode[], end: string): void {
    for (let rune = this.#next(); ; rune = this.#next()) {
      if (rune === EOF || rune === '\n') throw new JsonPathError('unterminated quoted string');
      if (rune === end && this.#input[this.#pos - 2] !== '\\') break;
    }
    const quoted = this.#consume();
    const text = unquote(quoted);
    if (text === undefined) throw new JsonPathError(`unquote string ${quoted} error invalid syntax`);
    nodes.push({ kind: 'text', text });
  }

  #array(nodes: JsonPathNode[]): void {
    for (let rune = this.#next(); rune !== ']'; rune = this.#next()) {
      if (rune === EOF || rune === '\n') throw new JsonPathError('unterminated array');
    }
    const inner = this.#consume().slice(1, -1);
    const text = inner === '*' ? ':' : inner;
    const parts = text.split(',');
    const key = DICT_KEY.exec(text)?.[1];
    if (parts.length > 1) {
      nodes.push({
        kind: 'union',
        lists: parts.map((part) => this.#expression(`[${trimRight(part.replace(/^ +/, ''), ' ')}]`)),
      });
    } else if (key !== undefined) {
      nodes.push(...this.#expression(`.${key}`).nodes);
    } else {
      nodes.push({ kind: 'array', params: arrayParams(text) });
    }
  }

  #filter(nodes: JsonPathNode[]): void {
    this.#pos += 3;
    this.#consume();
    this.#skipToFilterEnd();
    if (this.#next() !== ']') throw new JsonPathError('unclosed array expect ]');
    const text = this.#consume().slice(0, -2);
    const [, left = '', operator = '', right = ''] = COMPARISON.exec(text) ?? [];
    if (operator === '') {
      nodes.push({
        kind: 'filter',
        left: this.#expression(text),
        right: { kind: 'list', nodes: [] },
        operator: 'exists',
      });
    } else {
      nodes.push({ kind: 'filter', left: this.#expression(left), right: this.#expression(right), operator });
    }
  }

  /** client-go knows one quoted string per filter: only inside the first is `)` plain text. */
  #skipToFilterEnd(): void {
    let pair = '';
    let ended = false;
    for (let rune = this.#next(); ; rune = this.#next()) {
      if (rune === EOF || rune === '\n') throw new JsonPathError('unterminated filter');
      if (rune === ')' && (pair !== '') === ended) return;
      if (rune !== '"' && rune !== "'") continue;
      if (pair === '') pair = rune;
      else if (rune === pair && this.#input[this.#pos - 2] !== '\\') ended = true;
    }
  }

  #consume(): string {
    const text = this.#input.slice(this.#start, this.#pos);
    this.#start = this.#pos;
    return text;
  }

  #next(): string {
    const point = this.#input.codePointAt(this.#pos);
    if (point === undefined) {
      this.#width = 0;
      return EOF;
    }
    const rune = String.fromCodePoint(point);
    this.#width = rune.length;
    this.#pos += rune.length;
    return rune;
  }

  #backup(): void {
    this.#pos -= this.#width;
  }
}

/** Reads `a`, `a:b` or `a:b:c`; a missing end of a single index is derived from its start. */
function arrayParams(text: string): readonly [ArrayParam, ArrayParam, ArrayParam] {
  const match = SLICE.exec(text);
  if (match === null) throw new JsonPathError(`invalid array index ${text}`);
  const [, from = '', to = '', step = ''] = match;
  const start = arrayParam(from);
  const end = to === '' ? { known: true, value: start.value + 1, derived: true } : arrayParam(to.slice(1));
  return [start, end, arrayParam(step.slice(1))];
}

function arrayParam(text: string): ArrayParam {
  if (text === '') return { known: false, value: 0, derived: false };
  const value = parseGoInteger(text);
  if (value === undefined) throw new JsonPathError(`array index ${text} is not a number`);
  return { known: true, value: Number(value), derived: false };
}

function isTerminator(rune: string): boolean {
  return rune === EOF || ' \t\r\n.,[]$@{}'.includes(rune);
}

function isEndOfLine(rune: string): boolean {
  return rune === '\r' || rune === '\n';
}

function isAlphaNumeric(rune: string): boolean {
  return rune === '_' || isLetter(rune) || isDigit(rune);
}
