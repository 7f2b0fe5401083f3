import type { CelFunc, CelResult } from '@bufbuild/cel';
import { messageOf } from './carto-error.ts';
import { celLibrary } from './cel-library.ts';

/** What an expression gives. Errors are in Kubernetes' words where they have some. */
export type CelOutcome =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly message: string };

/** A compiled expression over `self` and `oldSelf`. */
export type CelProgram = {
  readonly usesOldSelf: boolean;
  evaluate(self: unknown, oldSelf: unknown): CelOutcome;
};

/** The port behind which CEL is evaluated. */
export interface CelCompiler {
  /** @throws RuleError when the expression cannot be compiled. */
  compile(expression: string): CelProgram;
  /** The CEL value of a string that stands for a time or a span; undefined when it does not. */
  parse(kind: 'timestamp' | 'duration', text: string): unknown;
  /** The CEL value of an optional, for rules with `optionalOldSelf`. */
  optional(value: unknown): unknown;
}

/** A CEL rule that cannot be compiled. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
}

const MAX_EXPRESSION_LENGTH = 16_384;

/** CEL by `@bufbuild/cel`, with the list functions of Kubernetes. */
export const celCompiler: CelCompiler = {
  compile(expression) {
    const { parse, plan } = celLibrary();
    if (expression.length > MAX_EXPRESSION_LENGTH) throw new RuleError('compilation failed: expression is too long');
    const parsed = parsing(() => parse(expression));
    const found = names(parsed.expr);
    for (const name of found.functions) {
      // Operators (`_||_`, `_?_:_`) are the planner's own.
      if (/^[A-Za-z]\w*$/.test(name) && environment().funcs.find(name) === undefined) {
        throw new RuleError(`compilation failed: undeclared reference to '${name}'`);
      }
    }
    const run = parsing(() => plan(environment(), parsed));
    return {
      usesOldSelf: found.variables.has('oldSelf'),
      evaluate: (self, oldSelf) => outcome(run({ self, oldSelf } as Parameters<typeof run>[0])),
    };
  },
  parse(kind, text) {
    const result = converter(kind)(text);
    return celLibrary().isCelError(result) ? undefined : result;
  },
  // The library has no optionals: a list of at most one item serves, with the methods of an optional.
  optional: (value) => (value === undefined ? [] : [value]),
};

function parsing<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new RuleError(`compilation failed: ERROR: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function outcome(result: CelResult): CelOutcome {
  return celLibrary().isCelError(result)
    ? { kind: 'error', message: kubernetesText(result.message) }
    : { kind: 'value', value: result };
}

/** The library's errors as cel-go words them. */
function kubernetesText(message: string): string {
  return message
    .replace(/^field not found: /, 'no such key: ')
    .replace(/^index (\S+) out of bounds .*/, 'index out of bounds: $1')
    .replace('int divide by zero', 'division by zero')
    .replace(/^found no matching overload.*/, 'no such overload');
}

/** The names that a parsed expression calls and reads. Macros are expanded by then. */
function names(root: unknown): { readonly functions: ReadonlySet<string>; readonly variables: ReadonlySet<string> } {
  const functions = new Set<string>();
  const variables = new Set<string>();
  const pending: unknown[] = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    const { case: kind, value } = node as { readonly case?: unknown; readonly value?: Record<string, unknown> };
    if (kind === 'identExpr' && typeof value?.['name'] === 'string') variables.add(value['name']);
    if (kind === 'callExpr' && typeof value?.['function'] === 'string') functions.add(value['function']);
    for (const child of Object.values(node)) if (child !== undefined) pending.push(child);
  }
  return { functions, variables };
}

type Environment = ReturnType<ReturnType<typeof celLibrary>['celEnv']>;

let sharedEnvironment: Environment | undefined;

function environment(): Environment {
  const { celEnv, strings, CelScalar } = celLibrary();
  sharedEnvironment ??= celEnv({
    variables: { self: CelScalar.DYN, oldSelf: CelScalar.DYN },
    funcs: [...strings, ...listFunctions(), ...optionalFunctions()],
  }) as Environment;
  return sharedEnvironment;
}

type Comparable = bigint | number | string;

/** `sum`, `min`, `max`, `isSorted`, `indexOf` and `lastIndexOf`, as Kubernetes adds them to lists. */
function listFunctions(): CelFunc[] {
  const { celMethod, listType, CelScalar } = celLibrary();
  const list = listType(CelScalar.DYN);
  const items = (of: Iterable<unknown>): Comparable[] => [...of] as Comparable[];
  return [
    celMethod('sum', list, [], CelScalar.DYN, function () {
      return items(this).reduce((sum, item) => (sum as bigint) + (item as bigint), 0n);
    }),
    celMethod('min', list, [], CelScalar.DYN, function () {
      return extreme(items(this), (left, right) => left < right);
    }),
    celMethod('max', list, [], CelScalar.DYN, function () {
      return extreme(items(this), (left, right) => left > right);
    }),
    celMethod('isSorted', list, [], CelScalar.BOOL, function () {
      return items(this).every((item, i, all) => i === 0 || (all[i - 1] ?? item) <= item);
    }),
    celMethod('indexOf', list, [CelScalar.DYN], CelScalar.INT, function (item) {
      return BigInt(items(this).indexOf(item as Comparable));
    }),
    celMethod('lastIndexOf', list, [CelScalar.DYN], CelScalar.INT, function (item) {
      return BigInt(items(this).lastIndexOf(item as Comparable));
    }),
  ];
}

function extreme(items: readonly Comparable[], isBetter: (left: Comparable, right: Comparable) => boolean): Comparable {
  const [first, ...rest] = items;
  if (first === undefined) throw new Error('min/max called on empty list');
  return rest.reduce((best, item) => (isBetter(item, best) ? item : best), first);
}

function optionalFunctions(): CelFunc[] {
  const { celMethod, listType, CelScalar } = celLibrary();
  const optional = listType(CelScalar.DYN);
  return [
    celMethod('hasValue', optional, [], CelScalar.BOOL, function () {
      return this.size > 0;
    }),
    celMethod('value', optional, [], CelScalar.DYN, function () {
      if (this.size === 0) throw new Error('optional.none() dereference');
      return this.get(0) ?? null;
    }),
    celMethod('orValue', optional, [CelScalar.DYN], CelScalar.DYN, function (other) {
      return this.size === 0 ? other : (this.get(0) ?? null);
    }),
  ];
}

const converters = new Map<string, (text: string) => CelResult>();

function converter(kind: 'timestamp' | 'duration'): (text: string) => CelResult {
  const known = converters.get(kind);
  if (known !== undefined) return known;
  const { celEnv, plan, parse, CelScalar } = celLibrary();
  const run = plan(celEnv({ variables: { text: CelScalar.STRING } }), parse(`${kind}(text)`));
  const convert = (text: string): CelResult => run({ text });
  converters.set(kind, convert);
  return convert;
}
