import { goJson } from '../text/go-text.ts';
import type { Json, JsonObject, MutableJsonObject } from '../values/json.ts';
import { getPath, isObject, parseJson } from '../values/json.ts';
import { nestsTooDeep } from '../values/nesting.ts';
import type { FieldSet } from './field-set.ts';
import { differenceSets, emptySet } from './field-set.ts';
import type { MergeSchema } from './merge-schema.ts';
import { compareTyped } from './typed-compare.ts';
import { fieldSetOf } from './typed-sets.ts';

/** Where `kubectl apply` without `--server-side` keeps what it applied. */
const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
const MAX_ANNOTATIONS_BYTES = 262_144;

/** Whether an object was last written by client-side apply and says so. */
export function hasLastApplied(object: JsonObject | undefined): boolean {
  return getPath(object, 'metadata', 'annotations', ANNOTATION) !== undefined;
}

/**
 * The fields that `kubectl apply` set and that still hold the value it set: kubectl owns them in spirit, whoever the
 * record names.
 */
export function ownedThroughLastApplied(write: {
  readonly live?: JsonObject;
  readonly schema: MergeSchema;
  readonly apiVersion: string;
}): FieldSet {
  const text = getPath(write.live, 'metadata', 'annotations', ANNOTATION);
  if (typeof text !== 'string' || text === '') return emptySet;
  const lastApplied = parseOrUndefined(text);
  if (!isObject(lastApplied) || nestsTooDeep(lastApplied) || lastApplied['apiVersion'] !== write.apiVersion) {
    return emptySet;
  }
  const { changed, removed } = compareTyped(lastApplied, write.live, write.schema);
  return differenceSets(differenceSets(fieldSetOf(lastApplied, write.schema), changed), removed);
}

function parseOrUndefined(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** The object with the annotation saying what was applied just now, so that a later client-side apply can go on. */
export function withLastApplied(object: JsonObject, applied: JsonObject): JsonObject {
  const value = `${goJson(cleaned(applied))}\n`;
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {};
  const fits = new TextEncoder().encode(value).length <= MAX_ANNOTATIONS_BYTES;
  const next = fits ? value : '';
  if (annotations[ANNOTATION] === next) return object;
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, [ANNOTATION]: next } } };
}

function cleaned(applied: JsonObject): JsonObject {
  if (!isObject(applied['metadata'])) return applied;
  const metadata: MutableJsonObject = { ...applied['metadata'] };
  delete metadata['managedFields'];
  if (isObject(metadata['annotations'])) {
    const annotations: MutableJsonObject = { ...metadata['annotations'] };
    delete annotations[ANNOTATION];
    if (Object.keys(annotations).length > 0) metadata['annotations'] = annotations;
    else delete metadata['annotations'];
  }
  return { ...applied, metadata };
}
