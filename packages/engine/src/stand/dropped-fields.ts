import type { Json, JsonObject, KubeObject } from '@cartographer/machinery';
import { clone, getKey, isList, isObject } from '@cartographer/machinery';
import type { Memory, Path } from '../world/world.ts';

/** Fields that a kind's schema does not take. */
export type Dropped = NonNullable<Memory['dropped']>;

const MOST_PATHS = 200;

/**
 * What a server left out when it accepted an object that apply refuses; undefined when it kept everything. Empty fields
 * (`{}`, `[]`, `""`, 0, false) are often left out although the kind has them, and apply takes those: they count only where
 * the refusal is about a field that is not declared.
 */
export function droppedFields(sent: KubeObject, kept: KubeObject, applyRefusal: string): Dropped | undefined {
  const unknown: Path[] = [];
  const nulls: Path[] = [];
  const left: Path[] = [];
  collect(sent, kept, [], { unknown, nulls, empty: left });
  const empty = applyRefusal.includes('field not declared in schema') ? left : [];
  const count = unknown.length + nulls.length + empty.length;
  return count === 0 || count > MOST_PATHS ? undefined : { unknown, nulls, empty };
}

type Found = { readonly unknown: Path[]; readonly nulls: Path[]; readonly empty: Path[] };

function collect(sent: JsonObject, kept: JsonObject, path: Path, found: Found): void {
  for (const key of Object.keys(sent)) {
    const before = getKey(sent, key);
    const after = getKey(kept, key);
    const here = [...path, key];
    if (before === undefined) continue;
    if (before === null) {
      if (after !== null) found.nulls.push(here);
    } else if (after === undefined) {
      (isEmpty(before) ? found.empty : found.unknown).push(here);
    } else {
      collectInside(before, after, here, found);
    }
  }
}

function collectInside(before: Json, after: Json, path: Path, found: Found): void {
  if (isObject(before) && isObject(after)) collect(before, after, path, found);
  if (!isList(before) || !isList(after) || before.length !== after.length) return;
  for (const [i, item] of before.entries()) collectInside(item, after[i] ?? null, [...path, i], found);
}

function isEmpty(value: Json | undefined): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}

/**
 * The fields of an object that its kind does not have, to be named: all that had a value, and of the empty ones those
 * that the server warned of.
 */
export function lostFields({ unknown, empty }: Dropped, warnedOf: readonly string[] = []): readonly string[] {
  return [...unknown.map(pathText), ...empty.map(pathText).filter((path) => warnedOf.includes(path))];
}

/** The object without the fields that are known to be dropped; nulls and empty ones only where they are that again. */
export function withoutDropped(object: KubeObject, dropped: Dropped | undefined): KubeObject {
  if (dropped === undefined) return object;
  const copy = clone(object);
  for (const path of dropped.unknown) remove(copy, path, () => true);
  for (const path of dropped.nulls) remove(copy, path, (value) => value === null);
  for (const path of dropped.empty) remove(copy, path, isEmpty);
  return copy;
}

function remove(object: JsonObject, path: Path, isDropped: (value: Json | undefined) => boolean): void {
  let parent: Json | undefined = object;
  for (const step of path.slice(0, -1)) parent = stepInto(parent, step);
  const last = path.at(-1);
  if (typeof last !== 'string' || !isObject(parent) || !Object.hasOwn(parent, last)) return;
  if (isDropped(getKey(parent, last))) Reflect.deleteProperty(parent, last);
}

function stepInto(value: Json | undefined, step: string | number): Json | undefined {
  if (typeof step === 'number') return isList(value) ? value[step] : undefined;
  return isObject(value) ? getKey(value, step) : undefined;
}

/** A path as people write it: `spec.containers[0].immage`. */
export function pathText(path: Path): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('');
}
