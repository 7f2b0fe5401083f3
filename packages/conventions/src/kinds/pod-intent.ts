import {
  condition,
  defineKind,
  freeObject,
  type Infer,
  list,
  map,
  type ObjectOfKind,
  object,
  observedGeneration,
  READ_ANNOTATION,
  READ_CURRENT,
  readyColumns,
  required,
  type Schema,
  string,
  text,
  withDefault,
} from '@cartographer/api';
import type { PodTemplateSpec } from '@cartographer/convention-sdk';
import { CONVENTIONS_CATEGORY, CONVENTIONS_GROUP } from './group.ts';

/** Whose pull secrets are used where an intent names nobody. */
export const DEFAULT_SERVICE_ACCOUNT = 'default';
/** More pull secrets than that are no pod's. */
const MOST_PULL_SECRETS = 32;

const metadata = object('Of its metadata only this is kept.', {
  name: string('Its name.'),
  generateName: string('What its name begins with.'),
  namespace: string('Its namespace.'),
  labels: map('Its labels.', string('A value.')),
  annotations: map('Its annotations.', string('A value.')),
});

const container = {
  ...object('A container.', { name: string('Its name.'), image: string('Its image.') }).node,
  'x-kubernetes-preserve-unknown-fields': true,
} as const;

const podSpec = {
  ...freeObject("The pod's spec, with every field that Kubernetes knows.").node,
  required: ['containers'],
  properties: {
    containers: { type: 'array', description: 'Its containers.', items: container },
    initContainers: { type: 'array', description: 'What runs before them.', items: container },
  },
} as const;

/**
 * A pod template. Its `spec` is Kubernetes' own and goes through with every field, of newer versions, too; only what is
 * read of it is checked.
 */
const podTemplate = (description: string): Schema<PodTemplateSpec> => ({
  node: object(description, { metadata, spec: required<unknown>({ node: podSpec }) }).node,
});

const intentSpec = object('What is asked for, and who may look at its images.', {
  serviceAccountName: withDefault(
    DEFAULT_SERVICE_ACCOUNT,
    string(
      "The service account whose pull secrets are used to look at images. The pod's own is `template.spec.serviceAccountName`.",
      { maxLength: 253 },
    ),
  ),
  imagePullSecrets: list(
    'Further pull secrets, of the same namespace. One that does not exist is left out.',
    object('A Secret.', { name: required(text('Its name.', 253)) }),
    { maxItems: MOST_PULL_SECRETS },
  ),
  template: required(podTemplate('The pod as its author wants it.')),
});
/** `spec` of a PodIntent. */
export type PodIntentSpec = Infer<typeof intentSpec>;

const intentStatus = object('What conventions made of it.', {
  observedGeneration,
  conditions: list('ConventionsApplied; `Ready` sums up and comes last.', condition),
  images: list(
    'By which digest each reference of an image stands in `template`, in the order of their texts.',
    object('An image.', {
      reference: required(string('As the intent, or a convention, has it.')),
      image: required(string('By digest, as `template` has it.')),
    }),
  ),
  template: podTemplate('The pod with all conventions applied. Kept when a later computation fails.'),
});
/** `status` of a PodIntent. */
export type PodIntentStatus = Infer<typeof intentStatus>;

/** The kind PodIntent. */
export const podIntentKind = defineKind({
  group: CONVENTIONS_GROUP,
  kind: 'PodIntent',
  plural: 'podintents',
  shortName: 'pint',
  namespaced: true,
  categories: [CONVENTIONS_CATEGORY],
  description: 'A pod as its author wants it, and in its status the pod that conventions make of it.',
  annotations: { [READ_ANNOTATION]: READ_CURRENT },
  labels: { 'duck.knative.dev/podspecable': 'true' },
  columns: readyColumns,
  spec: intentSpec,
  status: intentStatus,
});
/** A pod as its author wants it, and what conventions make of it. */
export type PodIntent = ObjectOfKind<typeof podIntentKind>;
