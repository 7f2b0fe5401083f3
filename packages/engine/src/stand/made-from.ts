import { MADE_FROM_ANNOTATION } from '@cartographer/api';
import type { Json, JsonObject, KubeObject, MutableJsonObject } from '@cartographer/machinery';
import { canonicalJson, getKey, isObject, setKey } from '@cartographer/machinery';
import { outputDigest, valueDigest } from '../paths/digests.ts';
import type { Inputs } from '../read/resource-inputs.ts';

/** What an object is made from. */
export type Origins = {
  /** Runnables have none. */
  readonly blueprint?: KubeObject;
  readonly template: KubeObject;
  /** Name of the template that was chosen among options. */
  readonly option?: string | undefined;
  readonly params?: JsonObject;
  readonly inputs?: Inputs;
  /** The object that a Runnable selects. */
  readonly selected?: KubeObject | undefined;
};

/** Room that the annotation may take. */
const MOST_BYTES = 2048;

/**
 * The value of {@link MADE_FROM_ANNOTATION}: which blueprint and template, at which generation, and digests of all that
 * went in, as canonical JSON of at most 2 KiB. An input's digest is the one that the status of the step shows which
 * hands it on. Where there are too many for the room, one digest stands for all.
 */
export function madeFrom({ blueprint, template, option, params, inputs, selected }: Origins): string {
  const whole = {
    ...(blueprint === undefined ? {} : { blueprint: identityOf(blueprint) }),
    template: identityOf(template),
    ...(option === undefined ? {} : { option }),
    ...(params === undefined ? {} : { params: `sha256:${valueDigest(params)}` }),
    ...(selected === undefined ? {} : { selected: identityOf(selected) }),
  };
  const digests = inputs === undefined ? {} : inputDigests(inputs);
  if (Object.keys(digests).length === 0) return canonicalJson(whole);
  const text = canonicalJson({ ...whole, inputs: digests });
  const fits = new TextEncoder().encode(text).length <= MOST_BYTES;
  return fits ? text : canonicalJson({ ...whole, inputs: `sha256:${valueDigest(digests)}` });
}

/** The object with the annotation, to be sent. */
export function withMadeFrom(object: KubeObject, value: string): KubeObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [MADE_FROM_ANNOTATION]: value } },
  };
}

function identityOf({ metadata: { uid = '', generation = 0 } }: KubeObject): JsonObject {
  return { uid, generation };
}

/** `{images: {image: digest}, sources: {source: {url: digest, revision: digest}}}`; kinds without inputs are left out. */
function inputDigests({ sources, images, configs, deployment }: Inputs): JsonObject {
  const kinds = [
    ['sources', mapValues(sources, sourceDigests)],
    ['images', mapValues(images, (input) => outputDigest(getKey(input, 'image') ?? null))],
    ['configs', mapValues(configs, (input) => outputDigest(getKey(input, 'config') ?? null))],
    ['deployment', deployment === undefined ? {} : sourceDigests(deployment)],
  ] as const;
  return Object.fromEntries(kinds.filter(([, digests]) => Object.keys(digests).length > 0));
}

function sourceDigests({ url = null, revision = null }: { readonly url?: Json; readonly revision?: Json }): JsonObject {
  return { url: outputDigest(url), revision: outputDigest(revision) };
}

function mapValues(inputs: JsonObject, digestOf: (input: JsonObject) => Json): JsonObject {
  const digests: MutableJsonObject = {};
  for (const name of Object.keys(inputs)) {
    const input = getKey(inputs, name);
    if (isObject(input)) setKey(digests, name, digestOf(input));
  }
  return digests;
}
