import { messageOf } from '../values/carto-error.ts';
import { celLibrary } from './cel-library.ts';

/** A CEL rule that cannot be compiled. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
}

/** A parsed expression with its macros expanded. Constants are values of the CEL library. */
export type CelExpression =
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'identifier'; readonly name: string }
  | { readonly kind: 'select'; readonly operand: CelExpression; readonly field: string }
  /** `has(operand.field)` */
  | { readonly kind: 'has'; readonly operand: CelExpression; readonly field: string }
  | CelCall
  | { readonly kind: 'list'; readonly items: readonly CelExpression[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [CelExpression, CelExpression])[] }
  | CelFold;

/** A call of a function, an operator or a method; the target of a method is its first argument. */
export type CelCall = {
  readonly kind: 'call';
  readonly function: string;
  readonly isMethod: boolean;
  readonly args: readonly CelExpression[];
};

/** What `all`, `exists`, `exists_one`, `map` and `filter` become. */
export type CelFold = {
  readonly kind: 'fold';
  readonly item: string;
  readonly accumulator: string;
  readonly range: CelExpression;
  readonly initial: CelExpression;
  readonly condition: CelExpression;
  readonly step: CelExpression;
  readonly result: CelExpression;
};

const MAX_LENGTH = 16_384;
/** cel-go's bound; it also keeps recursive walks over expressions within the stack. */
const MAX_DEPTH = 250;

/**
 * Parses an expression. `isFunction` tells which qualified names (`strings.quote`) are functions.
 * @throws RuleError for what cannot be parsed, is too long or nests too deep.
 */
export function parseExpression(text: string, isFunction: (name: string) => boolean): CelExpression {
  if (text.length > MAX_LENGTH) throw new RuleError('compilation failed: expression is too long');
  if (bracketDepth(text) > MAX_DEPTH) throw tooDeep();
  const { expr } = parsing(() => celLibrary().parse(text));
  return convert(expr, isFunction, 0);
}

function parsing<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new RuleError(`compilation failed: ERROR: ${messageOf(error)}`, { cause: error });
  }
}

function tooDeep(): RuleError {
  return new RuleError(`compilation failed: ERROR: expression recursion limit exceeded: ${MAX_DEPTH}`);
}

/** How deep brackets nest, before the parser recurses into them. Those in texts count: no honest rule has as many. */
function bracketDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const char of text) {
    if (char === '(' || char === '[' || char === '{') deepest = Math.max(deepest, (depth += 1));
    else if (char === ')' || char === ']' || char === '}') depth -= 1;
  }
  return deepest;
}

/** A node of the library's syntax tree, as far as it is read here. */
type ParsedNode = {
  readonly exprKind: { readonly case?: string; readonly value?: Readonly<Record<string, unknown>> };
};

function convert(node: ParsedNode | undefined, isFunction: (name: string) => boolean, depth: number): CelExpression {
  if (depth > MAX_DEPTH) throw tooDeep();
  const value = node?.exprKind.value ?? {};
  const inner = (child: unknown): CelExpression => convert(child as ParsedNode, isFunction, depth + 1);
  switch (node?.exprKind.case) {
    case 'constExpr':
      return { kind: 'constant', value: constant(value['constantKind'] as { case?: string; value?: unknown }) };
    case 'identExpr':
      return { kind: 'identifier', name: value['name'] as string };
    case 'selectExpr':
      return {
        kind: value['testOnly'] === true ? 'has' : 'select',
        operand: inner(value['operand']),
        field: value['field'] as string,
      };
    case 'callExpr':
      return call(value, isFunction, inner);
    case 'listExpr':
      return { kind: 'list', items: (value['elements'] as unknown[]).map(inner) };
    case 'structExpr':
      return { kind: 'map', entries: mapEntries(value, inner) };
    case 'comprehensionExpr':
      return {
        kind: 'fold',
        item: value['iterVar'] as string,
        accumulator: value['accuVar'] as string,
        range: inner(value['iterRange']),
        initial: inner(value['accuInit']),
        condition: inner(value['loopCondition']),
        step: inner(value['loopStep']),
        result: inner(value['result']),
      };
    case undefined:
    default:
      throw new RuleError('compilation failed: ERROR: expression is empty');
  }
}

function call(
  value: Readonly<Record<string, unknown>>,
  isFunction: (name: string) => boolean,
  inner: (child: unknown) => CelExpression,
): CelCall {
  const name = value['function'] as string;
  if (name === '_&&_' || name === '_||_') {
    return { kind: 'call', function: name, isMethod: false, args: operandsOf(value, name).map(inner) };
  }
  const target = value['target'] as ParsedNode | undefined;
  const args = (value['args'] as unknown[]).map(inner);
  if (target === undefined) return { kind: 'call', function: name, isMethod: false, args };
  const qualified = `${parsedName(target) ?? ''}.${name}`;
  if (isFunction(qualified)) return { kind: 'call', function: qualified, isMethod: false, args };
  return { kind: 'call', function: name, isMethod: true, args: [inner(target), ...args] };
}

/** The operands of a chain: `a && b && c` has three, and does not nest. */
function operandsOf(value: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const operands: unknown[] = [];
  let args = value['args'] as ParsedNode[];
  for (;;) {
    const [first, ...rest] = args;
    operands.unshift(...rest);
    const inner = first?.exprKind.value;
    if (first?.exprKind.case !== 'callExpr' || inner?.['function'] !== name) return [first, ...operands];
    args = inner['args'] as ParsedNode[];
  }
}

function parsedName(node: ParsedNode): string | undefined {
  return node.exprKind.case === 'identExpr' || node.exprKind.case === 'selectExpr'
    ? qualifiedName(convert(node, () => false, 0))
    : undefined;
}

/** The name that an expression spells (`google.protobuf.Timestamp`); undefined for what is no name. */
export function qualifiedName(expression: CelExpression): string | undefined {
  if (expression.kind === 'identifier') return expression.name;
  const parent = expression.kind === 'select' ? qualifiedName(expression.operand) : undefined;
  return parent === undefined || expression.kind !== 'select' ? undefined : `${parent}.${expression.field}`;
}

function mapEntries(
  value: Readonly<Record<string, unknown>>,
  inner: (child: unknown) => CelExpression,
): readonly (readonly [CelExpression, CelExpression])[] {
  if (value['messageName'] !== '') {
    throw new RuleError(`compilation failed: undeclared reference to '${value['messageName'] as string}'`);
  }
  const entries = value['entries'] as { readonly keyKind: { readonly value?: unknown }; readonly value: unknown }[];
  return entries.map((entry) => [inner(entry.keyKind.value), inner(entry.value)]);
}

function constant({ case: kind, value }: { readonly case?: string; readonly value?: unknown }): unknown {
  if (kind === 'nullValue') return null;
  return kind === 'uint64Value' ? celLibrary().celUint(value as bigint) : value;
}
