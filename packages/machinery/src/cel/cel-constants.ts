import { callLibrary, inLibraryContext } from './cel-bridge.ts';
import type { CelExpression } from './cel-expression.ts';
import { CelFailure, mapKey } from './cel-runtime-values.ts';

const CONVERSIONS: ReadonlySet<string> = new Set([
  'bool',
  'bytes',
  'double',
  'duration',
  'dyn',
  'int',
  'string',
  'timestamp',
  'uint',
]);

/** The value of what is made of constants alone; like cel-go, such lists, maps and conversions are made once. */
export function constantOf(expression: CelExpression): { readonly value: unknown } | undefined {
  switch (expression.kind) {
    case 'constant':
      return expression;
    case 'list': {
      const items = constantsOf(expression.items);
      return items && { value: items };
    }
    case 'map': {
      const keys = constantsOf(expression.entries.map(([key]) => key));
      const values = constantsOf(expression.entries.map(([, value]) => value));
      const map = new Map(keys?.map((key, i) => [mapKey(key), values?.[i]]));
      return keys === undefined || values === undefined || map.size < keys.length ? undefined : { value: map };
    }
    case 'call': {
      const [argument] = CONVERSIONS.has(expression.function) ? (constantsOf(expression.args) ?? []) : [];
      if (argument === undefined) return undefined;
      const value = inLibraryContext(() => callLibrary(expression.function, undefined, [argument]));
      return value instanceof CelFailure ? undefined : { value };
    }
    case 'fold':
    case 'has':
    case 'identifier':
    case 'select':
      return undefined;
  }
}

function constantsOf(expressions: readonly CelExpression[]): readonly unknown[] | undefined {
  const constants = expressions.map(constantOf);
  return constants.every((constant) => constant !== undefined) ? constants.map(({ value }) => value) : undefined;
}
