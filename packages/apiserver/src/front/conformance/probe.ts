import { type Json, type JsonObject, type WireRequest } from '@cartographer/machinery';

/** Answers of earlier probes by name: later ones build on them. */
export type Answers = (name: string) => JsonObject;

/**
 * One request whose answer a real server was recorded giving. `$W` (gadgets), `$CM` (configmaps), `$RB`, `$CRD`
 * and `$NS` in paths stand for the places of the run. Names with an underscore only prepare: nothing was recorded.
 */
export type Probe = {
  readonly name: string;
  readonly method: WireRequest['method'];
  readonly path: string | ((answers: Answers) => string);
  /** A string is sent as it stands, anything else as JSON. */
  readonly body?: Json | ((answers: Answers) => Json);
  readonly headers?: Headers | ((answers: Answers) => Headers);
  /** The answer is held to the text of its message, too. */
  readonly withMessage?: true;
};

type Headers = Readonly<Record<string, string>>;

/** Shorthand for one probe. */
export function probe(
  name: string,
  method: Probe['method'],
  path: Probe['path'],
  body?: Probe['body'],
  headers?: Probe['headers'],
): Probe {
  return { name, method, path, ...(body === undefined ? {} : { body }), ...(headers === undefined ? {} : { headers }) };
}

/** Content types of patches. */
export const MERGE = { 'content-type': 'application/merge-patch+json' };
export const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
export const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
export const APPLY = { 'content-type': 'application/apply-patch+yaml' };

/** A custom object of the probes' kind. */
export function gadget(name: string, spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'probe.test/v1', kind: 'Gadget', metadata: { name, ...metadata }, spec };
}

const text: JsonObject = { type: 'string' };
const open: JsonObject = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const specSchema: JsonObject = {
  type: 'object',
  properties: {
    n: { type: 'integer' },
    s: text,
    d: { type: 'string', default: 'dflt' },
    nul: { type: 'string', nullable: true },
    nd: { type: 'string', default: 'x' },
    ios: { 'x-kubernetes-int-or-string': true },
    pu: open,
    emb: { ...open, 'x-kubernetes-embedded-resource': true },
    m: { type: 'object', additionalProperties: text },
    at: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { a: text, b: text } },
    la: { type: 'array', items: text },
    ls: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
    lm: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', required: ['k'], properties: { k: text, v: text, w: text } },
    },
    dt: { type: 'string', format: 'date-time' },
    imm: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'imm is immutable' }] },
    num: { type: 'number' },
  },
};

const schema: JsonObject = { type: 'object', properties: { spec: specSchema, status: open } };

/** One version of a definition. */
export function crdVersion(name: string, extra: JsonObject = {}, openAPIV3Schema: JsonObject = schema): JsonObject {
  return { name, served: true, storage: name === 'v1', schema: { openAPIV3Schema }, ...extra };
}

/** The definition of the probes' kind, in two versions. */
export const gadgetDefinition: JsonObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.probe.test' },
  spec: {
    group: 'probe.test',
    scope: 'Namespaced',
    names: { plural: 'gadgets', kind: 'Gadget' },
    versions: [
      crdVersion('v1', { subresources: { status: {} } }),
      crdVersion('v2', { subresources: { status: {} }, deprecated: true }),
    ],
  },
};
