import type { JsonObject } from '@cartographer/machinery';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

/** Where `metadata` of every schema points to. */
export const OBJECT_META = `${META}ObjectMeta`;

const reference = (name: string, description = ''): JsonObject => ({
  ...(description === '' ? {} : { description }),
  allOf: [{ $ref: `#/components/schemas/${META}${name}` }],
});

const text = (description: string): JsonObject => ({ type: 'string', description });
const time = (description: string): JsonObject => ({ type: 'string', format: 'date-time', description });
const texts = (description: string): JsonObject => ({
  type: 'object',
  description,
  additionalProperties: { type: 'string', default: '' },
});

const ownerReference: JsonObject = {
  type: 'object',
  description: 'An object that owns this one; it must be in the same namespace or cluster-scoped.',
  required: ['apiVersion', 'kind', 'name', 'uid'],
  properties: {
    apiVersion: text('API version of the owner.'),
    kind: text('Kind of the owner.'),
    name: text('Name of the owner.'),
    uid: text('UID of the owner.'),
    controller: { type: 'boolean', description: 'Whether the owner is the managing controller.' },
    blockOwnerDeletion: {
      type: 'boolean',
      description: 'Whether a foreground deletion of the owner waits for this object.',
    },
  },
  'x-kubernetes-map-type': 'atomic',
};

const managedFieldsEntry: JsonObject = {
  type: 'object',
  description: 'Which fields a manager has set.',
  properties: {
    apiVersion: text('Version of the resource that the fields belong to.'),
    fieldsType: text('Always "FieldsV1".'),
    fieldsV1: reference('FieldsV1', 'The set of fields.'),
    manager: text('Name of the manager.'),
    operation: text('Apply or Update.'),
    subresource: text('Subresource through which the fields were set.'),
    time: time('When the fields were last changed.'),
  },
};

const objectMetaSchema: JsonObject = {
  type: 'object',
  description: 'ObjectMeta is metadata that all persisted resources must have.',
  properties: {
    annotations: texts('Unstructured notes of tools about the object; not queryable.'),
    creationTimestamp: time('When the object was created. Set by the server.'),
    deletionGracePeriodSeconds: { type: 'integer', format: 'int64', description: 'Set with deletionTimestamp.' },
    deletionTimestamp: time('When deletion was asked for. Set by the server.'),
    finalizers: {
      type: 'array',
      description: 'Must be empty before the object goes.',
      items: { type: 'string', default: '' },
      'x-kubernetes-list-type': 'set',
      'x-kubernetes-patch-strategy': 'merge',
    },
    generateName: text('Prefix of a name that the server makes unique.'),
    generation: { type: 'integer', format: 'int64', description: 'Counts the versions of the desired state.' },
    labels: texts('Keys and values that select and group objects.'),
    managedFields: { type: 'array', description: 'Who set which fields.', items: reference('ManagedFieldsEntry') },
    name: text('Name, unique within the namespace and the resource.'),
    namespace: text('The namespace that the object is in.'),
    ownerReferences: {
      type: 'array',
      description: 'Objects that own this one: when all are gone, it is collected.',
      items: reference('OwnerReference'),
      'x-kubernetes-list-map-keys': ['uid'],
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-patch-merge-key': 'uid',
      'x-kubernetes-patch-strategy': 'merge',
    },
    resourceVersion: text('Version of the object as stored; opaque to clients.'),
    selfLink: text('Deprecated, never set.'),
    uid: text('Unique in time and space. Set by the server.'),
  },
};

/** What the schema of every object points to, as `kubectl explain` shows it, by name. */
export const metaSchemas: Readonly<Record<string, JsonObject>> = {
  [OBJECT_META]: objectMetaSchema,
  [`${META}OwnerReference`]: ownerReference,
  [`${META}ManagedFieldsEntry`]: managedFieldsEntry,
  [`${META}FieldsV1`]: { type: 'object', description: 'A set of fields.' },
};
