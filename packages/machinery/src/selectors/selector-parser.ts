import { SelectorError } from './selector-error.ts';
import {
  checkLabelKey,
  createLabelSelector,
  createRequirement,
  type LabelRequirement,
  type LabelSelector,
  type SelectorOperator,
} from './selectors.ts';

type TokenKind = 'end' | 'identifier' | 'in' | 'notin' | '(' | ')' | ',' | '!' | '=' | '==' | '!=' | '>' | '<';
type Token = { readonly kind: TokenKind; readonly text: string };

const SYMBOL = /[=!(),><]/;
const BLANK = /[ \t\r\n]/;
const OPERATORS: Readonly<Partial<Record<TokenKind, SelectorOperator>>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};
const OPERATOR_NAMES = 'in, notin, =, ==, !=, gt, lt';
const END: Token = { kind: 'end', text: '' };

/**
 * Parses the syntax of `labelSelector=` and `kubectl -l`: `a=b,c!=d,e in (x,y),f notin (z),g,!h,i>1`.
 * Follows `labels.Parse` of apimachinery rule by rule.
 * @throws SelectorError with Kubernetes' text.
 */
export function parseLabelSelector(text: string): LabelSelector {
  return createLabelSelector(new Parser(scan(text)).parse());
}

/** Splits the text into tokens; a NUL ends it, as in Go's lexer. */
function scan(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && BLANK.test(text[at] ?? '')) at++;
    if (at >= text.length || text[at] === '\0') return [...tokens, END];
    const token = SYMBOL.test(text[at] ?? '') ? scanSymbol(text, at) : scanWord(text, at);
    tokens.push(token);
    at += token.text.length;
    if (token.kind === 'identifier' && text[at] === '\0') at++;
  }
}

function scanSymbol(text: string, at: number): Token {
  const two = text.slice(at, at + 2);
  const symbol = two === '==' || two === '!=' ? two : two.slice(0, 1);
  return { kind: symbol as TokenKind, text: symbol };
}

function scanWord(text: string, at: number): Token {
  let end = at;
  while (end < text.length && text[end] !== '\0' && !SYMBOL.test(text[end] ?? '') && !BLANK.test(text[end] ?? ''))
    end++;
  const word = text.slice(at, end);
  return { kind: word === 'in' || word === 'notin' ? word : 'identifier', text: word };
}

/** Reads tokens left to right. `in` and `notin` are words like any other except where an operator is due. */
class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): readonly LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const { kind, text } = this.#peek();
      if (kind === 'end') return requirements;
      if (kind !== 'identifier' && kind !== '!') {
        throw new SelectorError(`found '${text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#requirement());
      const separator = this.#take();
      if (separator.kind === 'end') return requirements;
      if (separator.kind !== ',') {
        throw new SelectorError(`found '${separator.text}', expected: ',' or 'end of string'`);
      }
      const next = this.#peek();
      if (next.kind !== 'identifier' && next.kind !== '!') {
        throw new SelectorError(`found '${next.text}', expected: identifier after ','`);
      }
    }
  }

  #requirement(): LabelRequirement {
    try {
      return this.#keyAndCondition();
    } catch (error) {
      if (error instanceof SelectorError) throw new SelectorError(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  #keyAndCondition(): LabelRequirement {
    let token = this.#take();
    const negated = token.kind === '!';
    if (negated) token = this.#take();
    if (token.kind !== 'identifier') throw new SelectorError(`found '${token.text}', expected: identifier`);
    checkLabelKey(token.text);
    if (negated) return createRequirement(token.text, '!', []);
    const next = this.#peek();
    if (next.kind === 'end' || next.kind === ',') return createRequirement(token.text, 'exists', []);
    const operator = this.#operator();
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()];
    return createRequirement(token.text, operator, [...new Set(values)].toSorted());
  }

  #operator(): SelectorOperator {
    const token = this.#tokens[this.#position++] ?? END;
    const operator = OPERATORS[token.kind];
    if (operator === undefined) throw new SelectorError(`found '${token.text}', expected: ${OPERATOR_NAMES}`);
    return operator;
  }

  #exactValue(): string {
    const next = this.#peek();
    if (next.kind === 'end' || next.kind === ',') return '';
    const token = this.#take();
    if (token.kind !== 'identifier') throw new SelectorError(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  #values(): readonly string[] {
    const open = this.#take();
    if (open.kind !== '(') throw new SelectorError(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.kind === ')') {
      this.#take();
      return [''];
    }
    if (first.kind !== 'identifier' && first.kind !== ',') {
      throw new SelectorError(`found '${first.text}', expected: ',', ')' or identifier`);
    }
    const values = this.#identifiers();
    this.#take();
    return values;
  }

  /** Values up to the closing parenthesis; an empty place between commas is the empty value. */
  #identifiers(): readonly string[] {
    const values: string[] = [];
    for (;;) {
      const token = this.#take();
      const next = this.#peek();
      if (token.kind === 'identifier') {
        values.push(token.text);
        if (next.kind === ')') return values;
        if (next.kind !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or ')'`);
      } else if (token.kind === ',') {
        if (values.length === 0) values.push('');
        if (next.kind === ')') return [...values, ''];
        if (next.kind === ',') {
          this.#take();
          values.push('');
        }
      } else {
        throw new SelectorError(`found '${token.text}', expected: ',', or identifier`);
      }
    }
  }

  #peek(): Token {
    return asValue(this.#tokens[this.#position] ?? END);
  }

  #take(): Token {
    return asValue(this.#tokens[this.#position++] ?? END);
  }
}

function asValue(token: Token): Token {
  return token.kind === 'in' || token.kind === 'notin' ? { kind: 'identifier', text: token.text } : token;
}
