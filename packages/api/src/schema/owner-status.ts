import { condition, observedGeneration } from './condition.ts';
import type { Infer } from './schema.ts';
import { list, object, required, string } from './schema.ts';

const NOT_USED = 'Part of the common reference type; not used.';

const referenceFields = {
  apiVersion: string('Group and version of the object.'),
  kind: string('Kind of the object.'),
  name: string('Name of the object.'),
  namespace: string('Namespace of the object.'),
  fieldPath: string(NOT_USED),
  resourceVersion: string(NOT_USED),
  uid: string(NOT_USED),
};

/** What became of one resource of the blueprint. */
export const resourceStatus = object('What became of one resource of the blueprint.', {
  name: required(string('Name of the resource in the blueprint.')),
  templateRef: object('The template that was used. Absent for a pass-through.', referenceFields, { atomic: true }),
  stampedRef: object(
    'The object that was stamped. Absent for a pass-through and when nothing could be stamped.',
    { ...referenceFields, resource: string('Its plural with its group, as kubectl takes it.') },
    { atomic: true },
  ),
  inputs: list(
    'The resources that this one takes input from.',
    object('An input.', { name: required(string('Name of the producing resource.')) }),
  ),
  outputs: list(
    'The values that this resource hands on.',
    object('An output.', {
      name: required(string('Which output: url, revision, image or config.')),
      preview: required(string('The value as YAML, cut to 1024 bytes.')),
      digest: required(string('SHA-256 of the whole value as YAML.')),
      lastTransitionTime: required(string('When the value last changed.', { format: 'date-time' })),
    }),
  ),
  conditions: list('How the resource is doing: submitted, healthy, ready.', condition),
});
/** What became of one resource of the blueprint. */
export type ResourceStatus = Infer<typeof resourceStatus>;
/** An output in the status of an owner's resource. */
export type ResourceOutput = NonNullable<ResourceStatus['outputs']>[number];

const blueprintRef = (blueprint: string) =>
  object(`The ${blueprint} that this object follows, or followed last.`, {
    apiVersion: string('Not used.'),
    kind: string(`Kind of the blueprint: ${blueprint}.`),
    name: string('Name of the blueprint.'),
    namespace: string('Not used: blueprints have no namespace.'),
  });
/** Names the blueprint that an owner follows; `{}` before the first match. */
export type BlueprintRef = Infer<ReturnType<typeof blueprintRef>>;

const statusFields = {
  observedGeneration,
  conditions: list('How the object is doing; `Ready` sums up the others and comes last.', condition),
  resources: list('What became of each resource of the blueprint.', resourceStatus),
};

/** `status` of a Workload. */
export const workloadStatus = object('What the controller found and did.', {
  ...statusFields,
  supplyChainRef: blueprintRef('ClusterSupplyChain'),
});

/** `status` of a Deliverable. */
export const deliverableStatus = object('What the controller found and did.', {
  ...statusFields,
  deliveryRef: blueprintRef('ClusterDelivery'),
});

/** `status` of a blueprint. */
export const blueprintStatus = object('What the controller found.', {
  observedGeneration,
  conditions: statusFields.conditions,
});
