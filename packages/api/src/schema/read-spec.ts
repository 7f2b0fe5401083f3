import { type CompiledSchema, compileSchema, type KubeObject } from '@cartographer/machinery';
import { type Kind, rootSchema } from './kind.ts';

/** What an object says, or what is wrong with it: `spec.image: Invalid value: …`. */
export type Read<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'wrong'; readonly errors: readonly string[] };

const compiled = new Map<string, CompiledSchema>();

function schemaOf(kind: Kind): CompiledSchema {
  const name = `${kind.group}/${kind.kind}`;
  const known = compiled.get(name) ?? compileSchema(rootSchema(kind));
  compiled.set(name, known);
  return known;
}

/** The `spec` with its defaults. What the API server has taken is read without an error; a file may hold anything. */
export function readSpec<Spec>(kind: Kind<Spec>, object: KubeObject): Read<Spec> {
  const { apiVersion, kind: name } = object;
  const expected = `${kind.group}/${kind.version}`;
  if (apiVersion !== expected || name !== kind.kind) {
    return wrong(`is ${name || 'no kind'} of ${apiVersion || 'no group'}, not ${kind.kind} of ${expected}`);
  }
  const schema = schemaOf(kind);
  // What stands in its status is no part of what it asks for.
  const { status: _status, ...asked } = object;
  const { value, pruned } = schema.prune(asked);
  const whole = schema.applyDefaults(value);
  const errors = [
    ...pruned.map((field) => `${field}: unknown field`),
    ...schema.validate(whole).map(({ field, message }) => `${field}: ${message}`),
  ];
  return errors.length > 0 ? { kind: 'wrong', errors } : { kind: 'read', value: whole['spec'] as Spec };
}

const wrong = (error: string): Read<never> => ({ kind: 'wrong', errors: [error] });

/** The same read, with what was read made into something else. */
export function mapped<T, U>(read: Read<T>, to: (value: T) => U): Read<U> {
  return read.kind === 'wrong' ? read : { kind: 'read', value: to(read.value) };
}
