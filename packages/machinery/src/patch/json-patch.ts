import {
  clone,
  deepEqual,
  getKey,
  isList,
  isObject,
  type Json,
  type JsonObject,
  type MutableJsonObject,
  setKey,
} from '../values/json.ts';
import { PatchError } from './patch-error.ts';

const MAX_OPERATIONS = 10_000;
/** What all copies of one patch may add up to, as in the API server; keeps doubling copies from exploding. */
const MAX_COPIED = 3_000_000;
const NOT_INDEX = Number.NaN;

/** The document, one level above its root, so that the root can be replaced like any member. */
type Holder = { root: Json; copied: number };
type Container = MutableJsonObject | (Json | undefined)[];

/**
 * Applies a JSON patch (RFC 6902) and returns the result; `target` is not changed.
 * Follows the library of the API server where it differs from the RFC: `replace` of a missing member succeeds,
 * negative indexes count from the end, a null is equal to a missing member in `test`, only `replace` (by an object or
 * a list; anything else is ignored) and `test` accept the pointer to the whole document.
 * @throws PatchError; nothing is applied then.
 */
export function applyJsonPatch(target: Json, operations: Json): Json {
  if (!isList(operations)) {
    throw new PatchError(
      `cannot unmarshal ${isObject(operations) ? 'object' : typeof operations} into a list of operations`,
    );
  }
  if (operations.length > MAX_OPERATIONS) {
    throw new PatchError(
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`,
    );
  }
  const holder: Holder = { root: clone(target), copied: 0 };
  for (const operation of operations) {
    if (!isObject(operation)) throw new PatchError('operation is not an object');
    applyOperation(holder, operation);
  }
  return holder.root;
}

function applyOperation(holder: Holder, operation: JsonObject): void {
  const kind = getKey(operation, 'op');
  const op = typeof kind === 'string' ? kind : 'unknown';
  switch (op) {
    case 'add':
      add(holder, op, pointerOf(operation, op, 'path'), valueOf(operation));
      return;
    case 'remove':
      remove(holder, op, pointerOf(operation, op, 'path'));
      return;
    case 'replace':
      replace(holder, pointerOf(operation, op, 'path'), valueOf(operation));
      return;
    case 'move': {
      const from = pointerOf(operation, op, 'from');
      const value = read(holder, op, from);
      remove(holder, op, from);
      add(holder, op, pointerOf(operation, op, 'path'), value);
      return;
    }
    case 'copy': {
      const value = clone(read(holder, op, pointerOf(operation, op, 'from')));
      holder.copied += sizeOf(value);
      if (holder.copied > MAX_COPIED) throw new PatchError('the copies of the patch are too large');
      add(holder, op, pointerOf(operation, op, 'path'), value);
      return;
    }
    case 'test': {
      const path = pointerOf(operation, op, 'path');
      const expected = getKey(operation, 'value') ?? null;
      if (!deepEqual(read(holder, op, path) ?? null, expected)) throw new PatchError(`testing value ${path} failed`);
      return;
    }
    default:
      throw new PatchError(`Unexpected kind: ${op}`);
  }
}

function add(holder: Holder, op: string, pointer: string, value: Json): void {
  const [container, key] = locate(holder, op, pointer);
  if (!Array.isArray(container)) {
    setKey(container, key, value);
  } else if (key === '-') {
    container.push(value);
  } else {
    container.splice(indexIn(key, container.length + 1, pointer), 0, value);
  }
}

function remove(holder: Holder, op: string, pointer: string): void {
  const [container, key] = locate(holder, op, pointer);
  if (Array.isArray(container)) {
    container.splice(indexIn(key, container.length, pointer), 1);
    return;
  }
  if (getKey(container, key) === undefined) throw new PatchError(`unable to remove nonexistent key: ${key}`);
  delete container[key];
}

function replace(holder: Holder, pointer: string, value: Json): void {
  if (pointer === '') {
    if (isObject(value) || isList(value)) holder.root = value;
    return;
  }
  const [container, key] = locate(holder, 'replace', pointer);
  if (Array.isArray(container)) container[indexIn(key, container.length, pointer)] = value;
  else setKey(container, key, value);
}

/** The value at a pointer; undefined for a missing member of an object. */
function read(holder: Holder, op: string, pointer: string): Json {
  if (pointer === '' && op === 'test') return holder.root;
  const [container, key] = locate(holder, op, pointer);
  const value = Array.isArray(container) ? container[indexIn(key, container.length, pointer)] : getKey(container, key);
  return value ?? null;
}

/** Finds the object or list that holds the last step of a pointer. */
function locate(holder: Holder, op: string, pointer: string): readonly [Container, string] {
  const [root, ...steps] = pointer.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const missing = () => new PatchError(`${op} operation does not apply: doc is missing path: "${pointer}"`);
  const key = steps.pop();
  if (root !== '' || key === undefined) throw missing();
  let current: Json | undefined = holder.root;
  for (const step of steps) {
    if (isList(current)) current = current[indexOf(step, current.length)];
    else current = isObject(current) ? getKey(current, step) : undefined;
  }
  if (!isObject(current) && !isList(current)) throw missing();
  return [current as Container, key];
}

function indexIn(key: string, length: number, pointer: string): number {
  const index = indexOf(key, length);
  if (Number.isNaN(index)) throw new PatchError(`unable to access invalid index: ${key} for path: '${pointer}'`);
  return index;
}

function indexOf(key: string, length: number): number {
  if (!/^[+-]?[0-9]{1,15}$/.test(key)) return NOT_INDEX;
  const index = Number(key);
  const fromStart = index < 0 ? index + length : index;
  return fromStart >= 0 && fromStart < length ? fromStart : NOT_INDEX;
}

function pointerOf(operation: JsonObject, op: string, member: 'path' | 'from'): string {
  const pointer = getKey(operation, member);
  if (typeof pointer !== 'string') throw new PatchError(`${op} operation failed to decode ${member}`);
  return pointer;
}

/** The patch stays the caller's: what goes into the document is a copy. */
function valueOf(operation: JsonObject): Json {
  return clone(getKey(operation, 'value') ?? null);
}

function sizeOf(value: Json | undefined): number {
  if (isList(value)) return value.reduce<number>((sum, item) => sum + 1 + sizeOf(item), 2);
  if (!isObject(value)) return typeof value === 'string' ? value.length + 2 : 4;
  return Object.keys(value).reduce((sum, key) => sum + key.length + 4 + sizeOf(getKey(value, key)), 2);
}
