import { MADE_FROM_ANNOTATION, STAMP_DIGEST_ANNOTATION } from '@cartographer/api';
import type { Json, JsonObject, KubeObject } from '@cartographer/machinery';
import { canonicalJson, deepEqual, getKey, isList, isObject } from '@cartographer/machinery';
import type { SecretValues } from '../read/secret-values.ts';
import { isSecret, REDACTED } from '../read/secret-values.ts';
import type { Path } from '../world/world.ts';
import { pathText } from './dropped-fields.ts';
import { isNothing } from './object-drift.ts';

const MOST_SHOWN = 3;
const LONGEST_VALUE = 80;
const SECRET_FIELDS = new Set<string | number>(['data', 'stringData']);
/** Values that are large or many need not be compared to the end to be told. */
const MOST_COLLECTED = 20;

/** A field that one rendering of an object has otherwise than another. */
export type Difference = { readonly path: Path; readonly before: Json | undefined; readonly after: Json | undefined };

/**
 * What one rendering of an object says otherwise than what stands there: `spec.image: "v1" ↔ "v2"`, at most three
 * fields, each value short. Where every field that it sets is as it should be, the fields that it no longer sets.
 * '' when nothing differs. Values of Secrets are left out.
 */
export function alternation(before: KubeObject, after: KubeObject, secrets: SecretValues): string {
  const [left, right] = [bare(before), bare(after)];
  const set = differences(left, right);
  const all =
    set.length > 0 ? set : differences(right, left).map((it) => ({ ...it, before: it.after, after: it.before }));
  const isData = ({ path: [field = ''] }: Difference): boolean => isSecret(after) && SECRET_FIELDS.has(field);
  const textOf = (it: Difference, value: Json | undefined): string =>
    isData(it) && value !== undefined ? REDACTED : valueText(value, secrets);
  const shown = all.slice(0, MOST_SHOWN).map((it) => {
    return `${pathText(it.path)}: ${textOf(it, it.before)} ↔ ${textOf(it, it.after)}`;
  });
  return [...shown, ...(all.length > MOST_SHOWN ? ['and more'] : [])].join(', ');
}

/** Fields that `desired` sets and that the live object holds otherwise, at most twenty; what says nothing is not told. */
export function fieldDifferences(live: KubeObject, desired: KubeObject): readonly Difference[] {
  return differences(bare(live), bare(desired));
}

/** The object without what is the server's, and without what follows from the rest. */
function bare(object: KubeObject): JsonObject {
  const { apiVersion: _apiVersion, kind: _kind, status: _status, metadata, ...fields } = object;
  if (!isObject(metadata)) return fields;
  const { labels = null, annotations, ownerReferences = null, finalizers = null } = metadata;
  const given = isObject(annotations) ? annotations : {};
  const { [STAMP_DIGEST_ANNOTATION]: _digest, [MADE_FROM_ANNOTATION]: _origins, ...notes } = given;
  return { ...fields, metadata: { labels, annotations: notes, ownerReferences, finalizers } };
}

/** Fields of `after` that `before` has otherwise. */
function differences(before: JsonObject, after: JsonObject): readonly Difference[] {
  const found: Difference[] = [];
  compare(before, after, [], found);
  return found;
}

function compare(before: Json | undefined, after: Json | undefined, path: Path, found: Difference[]): void {
  if (found.length >= MOST_COLLECTED || deepEqual(before, after) || (isNothing(before) && isNothing(after))) return;
  if (isObject(before) && isObject(after)) {
    for (const key of Object.keys(after)) compare(getKey(before, key), getKey(after, key), [...path, key], found);
  } else if (isList(before) && isList(after) && before.length === after.length) {
    for (const [i, item] of after.entries()) compare(before[i], item, [...path, i], found);
  } else {
    found.push({ path, before, after });
  }
}

function valueText(value: Json | undefined, secrets: SecretValues): string {
  if (value === undefined) return 'nothing';
  const text = secrets.redact(canonicalJson(value));
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}
