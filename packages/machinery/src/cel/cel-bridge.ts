import { celLibrary } from './cel-library.ts';
import { CelFailure, mapKey, noOverload } from './cel-runtime-values.ts';

/** A function of the library by its name; undefined when there is none. */
export function libraryFunction(name: string): ReturnType<Environment['funcs']['find']> {
  return environment().funcs.find(name);
}

/** Calls a function of the library. Lists and maps are JavaScript's on this side of it. */
export function callLibrary(name: string, target: unknown, args: readonly unknown[]): unknown {
  const { isCelError } = celLibrary();
  try {
    type Call = (id: number, target: unknown, args: readonly unknown[]) => unknown;
    const found = libraryFunction(name) as { readonly call: Call } | undefined;
    const result = found?.call(0, target === undefined ? undefined : toLibrary(target), args.map(toLibrary));
    if (result === undefined) return noOverload;
    return isCelError(result) ? new CelFailure(kubernetesText(result.message)) : fromLibrary(result);
  } catch {
    return noOverload; // a value that the library does not know
  }
}

function toLibrary(value: unknown): unknown {
  const { celList, celMap } = celLibrary();
  if (Array.isArray(value)) return celList(value);
  return value instanceof Map ? celMap(value) : value;
}

function fromLibrary(value: unknown): unknown {
  const { isCelList, isCelMap } = celLibrary();
  if (isCelList(value)) return Array.from(value, fromLibrary);
  return isCelMap(value) ? new Map([...value].map(([key, item]) => [mapKey(key), fromLibrary(item)])) : value;
}

/** The library's errors as cel-go words them. */
function kubernetesText(message: string): string {
  return message
    .replace(/^field not found: /, 'no such key: ')
    .replace(/^index (\S+) out of bounds .*/, 'index out of bounds: $1')
    .replace('int divide by zero', 'division by zero')
    .replace(/^found no matching overload.*/, 'no such overload');
}

type Environment = ReturnType<ReturnType<typeof celLibrary>['celEnv']>;
let sharedEnvironment: Environment | undefined;

function environment(): Environment {
  const { celEnv, strings } = celLibrary();
  sharedEnvironment ??= celEnv({ funcs: [...strings] });
  return sharedEnvironment;
}

let types: ReadonlyMap<string, unknown> | undefined;

/** The type of a name, as `type(x) == int` compares it; undefined for names of no type. */
export function libraryType(name: string): unknown {
  if (types === undefined) {
    const { CelScalar, listType, mapType, objectType } = celLibrary();
    const { INT, UINT, DOUBLE, BOOL, STRING, BYTES, NULL, TYPE, DYN } = CelScalar;
    types = new Map<string, unknown>([
      ...[INT, UINT, DOUBLE, BOOL, STRING, BYTES, NULL, TYPE].map((type) => [type.name, type] as const),
      ['list', listType(DYN)],
      ['map', mapType(DYN, DYN)],
      ...['google.protobuf.Timestamp', 'google.protobuf.Duration'].map((each) => [each, objectType(each)] as const),
    ]);
  }
  return types.get(name);
}

let pending: () => void = () => undefined;
let enter: (() => unknown) | undefined;

/** Runs an action where the library expects to be called: its times and spans need a context, which only a plan gives. */
export function inLibraryContext<T>(action: () => T): T {
  if (enter === undefined) {
    const { celEnv, celFunc, plan, parse, CelScalar } = celLibrary();
    const run = celFunc('run', [], CelScalar.BOOL, () => {
      pending();
      return true;
    });
    enter = plan(celEnv({ funcs: [run] }), parse('run()'));
  }
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  pending = () => {
    try {
      outcome = { value: action() };
    } catch (error) {
      outcome = { error }; // the library would take it for an error of the expression
    }
  };
  enter();
  if (outcome === undefined) throw new Error('the CEL library did not run the expression');
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
