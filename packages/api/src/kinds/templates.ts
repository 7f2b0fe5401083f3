import { healthRule } from '../schema/health-rule.ts';
import type { ObjectOfKind } from '../schema/kind.ts';
import { defineKind } from '../schema/kind.ts';
import { templateParam } from '../schema/params.ts';
import { retentionPolicy } from '../schema/retention-policy.ts';
import type { Infer, SchemaFields } from '../schema/schema.ts';
import { choice, described, freeObject, list, map, object, required, string, withDefault } from '../schema/schema.ts';

/** How the objects of a template live: changed in place, or made anew for each change. */
export const LIFECYCLES = ['mutable', 'immutable', 'tekton'] as const;
/** How the objects of a template live: changed in place, or made anew for each change. */
export type Lifecycle = (typeof LIFECYCLES)[number];

const templateFields = {
  params: list('Params that this template accepts.', templateParam),
  template: freeObject(
    'The object to stamp; texts may hold `$(path)$`. Exactly one of `template` and `ytt`. It must not set `metadata.namespace`.',
  ),
  ytt: string('A ytt program that prints the object to stamp. Exactly one of `template` and `ytt`.'),
  healthRule,
  lifecycle: withDefault(
    'mutable',
    choice(
      '`mutable` changes one object in place; `immutable` makes a new one for each change; `tekton` does too, and goes by the condition Succeeded.',
      LIFECYCLES,
    ),
  ),
  retentionPolicy: described(
    'How many finished runs to keep when `lifecycle` is not mutable; 10 and 10 without it.',
    retentionPolicy,
  ),
};

const templateKind = <const Name extends string, F extends SchemaFields>(
  kind: Name,
  shortName: string,
  description: string,
  fields: F,
) =>
  defineKind({
    kind,
    plural: `${kind.toLowerCase()}s`,
    shortName,
    namespaced: false,
    description,
    spec: object('What to stamp, and what to read from it.', { ...templateFields, ...fields }),
  });

/** The kind ClusterSourceTemplate. */
export const clusterSourceTemplateKind = templateKind(
  'ClusterSourceTemplate',
  'cst',
  'A template whose object gives out a source: url and revision.',
  {
    urlPath: required(string('JSONPath in the stamped object to the url.')),
    revisionPath: required(string('JSONPath in the stamped object to the revision.')),
  },
);
/** A template whose object gives out a source: url and revision. */
export type ClusterSourceTemplate = ObjectOfKind<typeof clusterSourceTemplateKind>;

/** The kind ClusterImageTemplate. */
export const clusterImageTemplateKind = templateKind(
  'ClusterImageTemplate',
  'cit',
  'A template whose object gives out an image.',
  { imagePath: required(string('JSONPath in the stamped object to the image.')) },
);
/** A template whose object gives out an image. */
export type ClusterImageTemplate = ObjectOfKind<typeof clusterImageTemplateKind>;

/** The kind ClusterConfigTemplate. */
export const clusterConfigTemplateKind = templateKind(
  'ClusterConfigTemplate',
  'cct',
  'A template whose object gives out configuration.',
  { configPath: required(string('JSONPath in the stamped object to the configuration, any JSON value.')) },
);
/** A template whose object gives out configuration. */
export type ClusterConfigTemplate = ObjectOfKind<typeof clusterConfigTemplateKind>;

/** The kind ClusterTemplate. */
export const clusterTemplateKind = templateKind(
  'ClusterTemplate',
  'ct',
  'A template whose object gives out nothing.',
  {},
);
/** A template whose object gives out nothing. */
export type ClusterTemplate = ObjectOfKind<typeof clusterTemplateKind>;

const keyValue = (description: string) =>
  object(description, {
    key: required(string('JSONPath in the stamped object.')),
    value: required(string('Text that must stand there.')),
  });

const deploymentFields = {
  observedMatches: list(
    'Pairs of paths. The deployment is done when the two values of each pair are equal.',
    object('A pair.', {
      input: required(string('JSONPath in the stamped object, most often into `.spec`.')),
      output: required(string('JSONPath in the stamped object, most often into `.status`.')),
    }),
  ),
  observedCompletion: object(
    'The deployment is done when a field has a value and the controller of the object has seen its generation.',
    {
      succeeded: required(keyValue('How success shows.')),
      failed: keyValue('How failure shows; looked at first.'),
    },
  ),
};

/** The kind ClusterDeploymentTemplate. */
export const clusterDeploymentTemplateKind = templateKind(
  'ClusterDeploymentTemplate',
  'cdt',
  'A template whose object deploys its input and hands it on when that is done.',
  deploymentFields,
);
/** A template whose object deploys its input and hands it on when that is done. */
export type ClusterDeploymentTemplate = ObjectOfKind<typeof clusterDeploymentTemplateKind>;
/** A pair of paths whose values must be equal for a deployment to be done. */
export type ObservedMatch = NonNullable<ClusterDeploymentTemplate['spec']['observedMatches']>[number];
/** How success and failure of a deployment show. */
export type ObservedCompletion = NonNullable<ClusterDeploymentTemplate['spec']['observedCompletion']>;

/** The kind ClusterRunTemplate. */
export const clusterRunTemplateKind = defineKind({
  kind: 'ClusterRunTemplate',
  plural: 'clusterruntemplates',
  shortName: 'crt',
  namespaced: false,
  description: 'The template of a Runnable.',
  spec: object('What to run, and what to read from it.', {
    template: required(
      freeObject(
        'The object to stamp; texts may hold `$(path)$`. It needs `metadata.generateName` and a `spec`, and must not set `metadata.namespace`.',
      ),
    ),
    outputs: map(
      "JSONPaths in the newest successful object, by the name they get in the Runnable's outputs.",
      string('A JSONPath.'),
    ),
  }),
});
/** The template of a Runnable. */
export type ClusterRunTemplate = ObjectOfKind<typeof clusterRunTemplateKind>;

/** Fields of `spec` that all templates of a blueprint share. */
export type TemplateSpec = Infer<ReturnType<typeof sharedSpec>>;
const sharedSpec = () => object('', templateFields);
