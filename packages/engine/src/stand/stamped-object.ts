import { STAMP_DIGEST_ANNOTATION } from '@cartographer/api';
import type { Json, JsonObject, KubeObject, MutableJsonObject, OwnerReference } from '@cartographer/machinery';
import { getKey, isObject } from '@cartographer/machinery';
import { valueDigest } from '../paths/digests.ts';
import { boundsFault } from '../paths/value-bounds.ts';
import { objectFault } from './object-fault.ts';

/** An object as the plan wants it, before it has been looked at whether it can be applied at all. */
export type StampedObject = {
  /** Texts; empty where the template has none. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly generateName: string;
  readonly namespace: string;
  /** What to send: with the digest as an annotation. */
  readonly object: KubeObject;
  /** SHA-256 of the object without the annotation. */
  readonly digest: string;
};

/** A stamped object, or what is wrong with what the template rendered. */
export type Stamping =
  | { readonly kind: 'stamped'; readonly stamped: StampedObject }
  | { readonly kind: 'faulty'; readonly message: string; readonly advice?: string };

/** Fields of metadata that only a server may set; templates copied from `kubectl get -o yaml` carry them. */
const SERVER_FIELDS = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
]);

/** Makes the rendered object the owner's: in its namespace, with our labels and exactly one owner reference. */
export function stampObject(
  rendered: JsonObject,
  owner: KubeObject,
  labels: Readonly<Record<string, string>>,
): Stamping {
  const fault = boundsFault(rendered) ?? objectFault(rendered);
  if (fault !== undefined) return { kind: 'faulty', message: fault };
  const metadata = mapOf(getKey(rendered, 'metadata'));
  const namespace = owner.metadata.namespace ?? '';
  const givenNamespace = textOf(getKey(metadata, 'namespace'));
  if (givenNamespace !== '' && givenNamespace !== namespace) {
    return { kind: 'faulty', message: 'cannot set namespace in resource template' };
  }
  const own: MutableJsonObject = {};
  for (const key of Object.keys(metadata)) if (!SERVER_FIELDS.has(key)) own[key] = getKey(metadata, key);
  own['namespace'] = namespace;
  own['labels'] = { ...mapOf(getKey(metadata, 'labels')), ...labels };
  own['ownerReferences'] = [ownerReference(owner)];
  const digest = valueDigest({ ...rendered, metadata: own });
  own['annotations'] = { ...mapOf(getKey(metadata, 'annotations')), [STAMP_DIGEST_ANNOTATION]: digest };
  return {
    kind: 'stamped',
    stamped: {
      apiVersion: textOf(getKey(rendered, 'apiVersion')),
      kind: textOf(getKey(rendered, 'kind')),
      name: textOf(getKey(metadata, 'name')),
      generateName: textOf(getKey(metadata, 'generateName')),
      namespace,
      object: { ...rendered, metadata: own } as KubeObject,
      digest,
    },
  };
}

function ownerReference({ apiVersion, kind, metadata }: KubeObject): OwnerReference {
  return {
    apiVersion,
    kind,
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

function mapOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** The digest that an object was stamped with, if it was. */
export function stampDigestOf({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[STAMP_DIGEST_ANNOTATION];
}
