import { asJson, clone, getKey, isList, isObject } from '@cartographer/machinery';
import type { Json, JsonObject, KubeObject } from '@cartographer/machinery';
import type { Memory, Path } from './world.ts';

/** Fields that a kind's schema does not take. */
export type Dropped = NonNullable<Memory['dropped']>;

const MOST_PATHS = 200;

/** What a server left out when it accepted an object that apply refuses; undefined when it kept everything. */
export function droppedFields(sent: KubeObject, kept: KubeObject): Dropped | undefined {
  const unknown: Path[] = [];
  const nulls: Path[] = [];
  collect(asJson(sent), asJson(kept), [], { unknown, nulls });
  const count = unknown.length + nulls.length;
  return count === 0 || count > MOST_PATHS ? undefined : { unknown, nulls };
}

type Found = { readonly unknown: Path[]; readonly nulls: Path[] };

function collect(sent: JsonObject, kept: JsonObject, path: Path, found: Found): void {
  for (const key of Object.keys(sent)) {
    const before = getKey(sent, key);
    const after = getKey(kept, key);
    const here = [...path, key];
    if (before === undefined) continue;
    if (before === null) {
      if (after !== null) found.nulls.push(here);
    } else if (after === undefined) {
      if (!isEmpty(before)) found.unknown.push(here);
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

function isEmpty(value: Json): boolean {
  return isList(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

/** The object without the fields that are known to be dropped; nulls only where the object has a null. */
export function withoutDropped(object: KubeObject, dropped: Dropped | undefined): KubeObject {
  if (dropped === undefined) return object;
  const copy = clone(object);
  for (const path of dropped.unknown) remove(asJson(copy), path, false);
  for (const path of dropped.nulls) remove(asJson(copy), path, true);
  return copy;
}

function remove(object: JsonObject, path: Path, onlyNull: boolean): void {
  let parent: Json | undefined = object;
  for (const step of path.slice(0, -1)) parent = stepInto(parent, step);
  const last = path.at(-1);
  if (typeof last !== 'string' || !isObject(parent) || !Object.hasOwn(parent, last)) return;
  if (!onlyNull || getKey(parent, last) === null) Reflect.deleteProperty(parent, last);
}

function stepInto(value: Json | undefined, step: string | number): Json | undefined {
  if (typeof step === 'number') return isList(value) ? value[step] : undefined;
  return isObject(value) ? getKey(value, step) : undefined;
}

/** A path as people write it: `spec.containers[0].immage`. */
export function pathText(path: Path): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('');
}
