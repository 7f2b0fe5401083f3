import type { Json, JsonObject } from '@cartographer/machinery';
import { getKey, getPath, isList, isObject } from '@cartographer/machinery';
import { editDistance } from './edit-distance.ts';

/** Where a path that finds nothing leaves an object. */
export type NearestPath = {
  /** As far as the path leads: `.status`; '' where not even its first key is there. */
  readonly exists: string;
  /** What stands there: keys of the object, in order, or `[0]` to `[n]` of a list. */
  readonly keys: readonly string[];
  /** The path of the object that is most like the one that was wanted, if one is. */
  readonly similar: string | undefined;
};

type Step = string | number;

const STEP = /\.?([\w-]+)|\['([^']*)'\]|\["([^"]*)"\]|\[(\d+)\]/y;

/** The keys and indexes of a plain path, with or without braces; undefined for one with filters, slices or wildcards. */
function plainSteps(path: string): readonly Step[] | undefined {
  const text = path.replace(/^\{(.*)\}$/s, '$1').replaceAll('\\.', '\u0000');
  const steps: Step[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const match = readStep(text);
    if (match === undefined) return undefined;
    steps.push(match);
  }
  return steps.length === 0 ? undefined : steps;
}

function readStep(text: string): Step | undefined {
  const [, key, single, double, index] = STEP.exec(text) ?? [];
  if (index !== undefined) return Number(index);
  return (key ?? single ?? double)?.replaceAll('\u0000', '.');
}

/** How near an object comes to a path that finds nothing in it; undefined for a path that is not plain. */
export function nearestPath(object: JsonObject, path: string): NearestPath | undefined {
  const steps = plainSteps(path);
  if (steps === undefined) return undefined;
  let value: Json | undefined = object;
  let exists = '';
  for (const step of steps) {
    const next = into(value, step);
    if (next === undefined) break;
    value = next;
    exists += stepText(step);
  }
  return { exists, keys: keysOf(value), similar: similarPath(object, steps) };
}

function into(value: Json | undefined, step: Step): Json | undefined {
  if (typeof step === 'number') return isList(value) ? value[step] : undefined;
  return isObject(value) ? getKey(value, step) : undefined;
}

function stepText(step: Step): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[\w-]+$/.test(step) ? `.${step}` : `['${step}']`;
}

function keysOf(value: Json | undefined): readonly string[] {
  if (isList(value)) return value.map((_, i) => `[${i}]`);
  return isObject(value) ? Object.keys(value) : [];
}

/** No more places of an object are looked at. */
const MOST_PLACES = 2_000;

/** The place whose last key is most like the wanted one; of equals the one in the same part of the object. */
function similarPath(object: JsonObject, wanted: readonly Step[]): string | undefined {
  const last = String(wanted.at(-1));
  let best: { readonly path: string; readonly cost: number } | undefined;
  for (const place of places(object)) {
    const key = String(place.at(-1));
    const distance = key.toLowerCase() === last.toLowerCase() ? 0 : editDistance(key, last);
    const isInside = key !== last && last.length > 3 && key.toLowerCase().includes(last.toLowerCase());
    if (distance > Math.max(1, Math.floor(last.length / 3)) && !isInside) continue;
    const shared = place.findIndex((step, i) => step !== wanted[i]);
    const cost =
      Math.min(distance, isInside ? 2 : distance) * 10 + (place.length - (shared < 0 ? place.length : shared));
    if (best === undefined || cost < best.cost) best = { path: place.map(stepText).join(''), cost };
  }
  return best?.path;
}

function places(object: JsonObject): readonly (readonly Step[])[] {
  const found: (readonly Step[])[] = [];
  const open: { readonly value: Json | undefined; readonly path: readonly Step[] }[] = [{ value: object, path: [] }];
  for (const { value, path } of open) {
    if (found.length >= MOST_PLACES) break;
    if (isList(value)) value.forEach((item, i) => open.push({ value: item, path: [...path, i] }));
    else if (isObject(value)) {
      for (const key of Object.keys(value)) {
        if (path.length === 1 && path[0] === 'metadata' && key === 'managedFields') continue;
        found.push([...path, key]);
        open.push({ value: getKey(value, key), path: [...path, key] });
      }
    }
  }
  return found;
}

/**
 * Whether a kind's schema (OpenAPI v3, as definitions have it) has the field at a plain path: `open` where it takes any
 * field; undefined for a path that is not plain.
 */
export function schemaHas(schema: JsonObject, path: string): 'yes' | 'no' | 'open' | undefined {
  const steps = plainSteps(path);
  if (steps === undefined) return undefined;
  let at: Json | undefined = schema;
  // Definitions leave out what every object has.
  if (steps[0] === 'metadata' || steps[0] === 'apiVersion' || steps[0] === 'kind') return 'open';
  for (const step of steps) {
    const next: Json | undefined = typeof step === 'number' ? getPath(at, 'items') : fieldOf(at, step);
    if (next === undefined) return takesAny(at) ? 'open' : 'no';
    at = next;
  }
  return 'yes';
}

function fieldOf(schema: Json | undefined, key: string): Json | undefined {
  const properties = getPath(schema, 'properties');
  const own = isObject(properties) ? getKey(properties, key) : undefined;
  const additional = getPath(schema, 'additionalProperties');
  return own ?? (isObject(additional) ? additional : undefined);
}

function takesAny(schema: Json | undefined): boolean {
  return (
    getPath(schema, 'x-kubernetes-preserve-unknown-fields') === true ||
    getPath(schema, 'additionalProperties') === true ||
    (isObject(schema) && Object.keys(schema).length === 0)
  );
}
