import { isObject, type Json, type JsonObject, type MutableJsonObject, setKey } from '@cartographer/machinery';

import { DecodeError, decodeScalar, goKind } from './decode-scalar.ts';
import type { ListNode, StructNode, TypeNode } from './type-node.ts';

/** The outcome of decoding: the object as the Go type would give it back, and the fields it does not know. */
export type Decoded = { readonly object: JsonObject; readonly unknown: readonly string[] };

type Context = { readonly path: (string | number)[]; readonly unknown: string[]; struct: string };

/**
 * Decodes JSON into a struct as Go's decoder does: unknown fields are dropped and named, `null` means
 * absent, empty maps and lists vanish, a wrong type is refused. Unchanged parts are shared with the input.
 * `path` is where the value stands in its object.
 * @throws DecodeError with Go's text.
 */
export function decodeTyped(value: JsonObject, type: StructNode, ...path: readonly string[]): Decoded {
  const context: Context = { path: [...path], unknown: [], struct: type.name };
  const object = decodeStruct(value, type, context) as JsonObject;
  return { object, unknown: context.unknown };
}

function decodeNode(value: Json | undefined, node: TypeNode, context: Context): Json | undefined {
  if (node.kind === 'any') return value === null ? undefined : value;
  if (value === null || value === undefined) return undefined;
  switch (node.kind) {
    case 'scalar':
      return decodeScalar(value, node.scalar, () => goField(context));
    case 'struct':
      return decodeStruct(value, node, context);
    case 'map':
      return decodeMap(value, node.value, context);
    case 'list':
      return decodeList(value, node, context);
  }
}

function decodeStruct(value: Json, node: StructNode, context: Context): Json {
  if (!isObject(value)) throw mismatch(value, node.name === '' ? 'object' : `v1.${node.name}`, context);
  const outer = context.struct;
  context.struct = node.name;
  const result = rebuild(value, (key, item) => {
    const field = node.fields.get(key);
    if (field === undefined) {
      context.unknown.push(jsonPath(context.path, key));
      return undefined;
    }
    context.path.push(key);
    const decoded = decodeNode(item, field, context);
    context.path.pop();
    return isEmpty(decoded, field) ? undefined : decoded;
  });
  context.struct = outer;
  return result;
}

/** Empty maps and lists are `omitempty` in nearly every Go type; a struct may be a pointer and stays. */
function isEmpty(value: Json | undefined, node: TypeNode): boolean {
  if (node.kind === 'map') return value !== undefined && Object.keys(value as JsonObject).length === 0;
  return node.kind === 'list' && (value as readonly Json[] | undefined)?.length === 0;
}

function decodeMap(value: Json, node: TypeNode, context: Context): Json {
  if (!isObject(value)) throw mismatch(value, `map[string]${goTypeName(node)}`, context);
  return rebuild(value, (key, item) => {
    if (item === null) return zero(node);
    if (node.kind === 'scalar') return decodeNode(item, node, context);
    context.path.push(key);
    const decoded = decodeNode(item, node, context);
    context.path.pop();
    return decoded;
  });
}

function decodeList(value: Json, node: ListNode, context: Context): Json {
  if (!Array.isArray(value)) throw mismatch(value, `[]${goTypeName(node.item)}`, context);
  const list = value as readonly Json[];
  let copy: Json[] | undefined;
  for (const [index, item] of list.entries()) {
    context.path.push(index);
    const decoded = item === null ? zero(node.item) : (decodeNode(item, node.item, context) ?? null);
    context.path.pop();
    if (copy === undefined && decoded !== item) copy = list.slice(0, index);
    copy?.push(decoded);
  }
  return copy ?? list;
}

/** Maps the values of an object; the same object when nothing changes, keys with undefined left out. */
function rebuild(value: JsonObject, change: (key: string, item: Json | undefined) => Json | undefined): JsonObject {
  const keys = Object.keys(value);
  let copy: MutableJsonObject | undefined;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    const item = value[key];
    const changed = change(key, item);
    if (copy === undefined) {
      if (changed === item && item !== undefined) continue;
      copy = {};
      for (const kept of keys.slice(0, index)) setKey(copy, kept, value[kept]);
    }
    if (changed !== undefined) setKey(copy, key, changed);
  }
  return copy ?? value;
}

function zero(node: TypeNode): Json {
  if (node.kind === 'struct' || node.kind === 'map') return {};
  if (node.kind === 'list') return [];
  if (node.kind === 'any') return null;
  if (node.scalar === 'bool') return false;
  return node.scalar === 'string' || node.scalar === 'bytes' ? '' : 0;
}

function goTypeName(node: TypeNode): string {
  switch (node.kind) {
    case 'any':
      return 'interface {}';
    case 'scalar':
      return node.scalar === 'bytes' ? '[]uint8' : node.scalar;
    case 'struct':
      return `v1.${node.name}`;
    case 'map':
      return `map[string]${goTypeName(node.value)}`;
    case 'list':
      return `[]${goTypeName(node.item)}`;
  }
}

/** `EnvVar.spec.template.spec.containers.env.value`: the innermost struct, then the path without indexes. */
function goField({ path, struct }: Context): string {
  return [struct, ...path.filter((step) => typeof step === 'string')].join('.');
}

function mismatch(value: Json, type: string, context: Context): DecodeError {
  return new DecodeError(
    `json: cannot unmarshal ${goKind(value)} into Go struct field ${goField(context)} of type ${type}`,
  );
}

function jsonPath(path: readonly (string | number)[], key: string): string {
  let text = '';
  for (const step of [...path, key]) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
  return text;
}
