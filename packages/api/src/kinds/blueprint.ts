import { blueprintSelectorFields, optionSelector } from '../schema/owner-selector.ts';
import { blueprintParam } from '../schema/params.ts';
import type { Infer } from '../schema/schema.ts';
import { choice, list, object, required, string } from '../schema/schema.ts';

/** An input of a resource: the output of another one. */
export const resourceReference = object('An input: what another resource of this blueprint gives out.', {
  name: required(string('Name under which the template reads the input.')),
  resource: required(string('Name of the resource that gives it.')),
});
/** An input of a resource: the output of another one. */
export type ResourceReference = Infer<typeof resourceReference>;

const templateOption = object('A template and when to choose it. Exactly one of `name` and `passThrough`.', {
  name: string('Name of the template.', { minLength: 1 }),
  passThrough: string(
    "Name of one of this resource's inputs whose value is handed on unchanged; nothing is stamped then.",
  ),
  selector: required(optionSelector),
});
/** One of several templates that a resource may use, and when. */
export type TemplateOption = Infer<typeof templateOption>;

/** The template, or the choice of templates, of a resource. */
export const templateReference = <const K extends string>(kinds: readonly K[]) =>
  object('The template, or the choice of templates. Exactly one of `name` and `options`.', {
    kind: required(choice('Kind of the template.', kinds)),
    name: string('Name of the template.', { minLength: 1 }),
    options: list('Templates of which each owner gets the one that fits best.', templateOption, { minItems: 2 }),
  });

/** Fields that the resources of both blueprints have. */
export const resourceFields = {
  name: required(string('Name of the resource, unique in the blueprint.')),
  params: list('Values for params of this resource only; they win over those of the blueprint.', blueprintParam),
  sources: list('Inputs of kind source.', resourceReference),
  configs: list('Inputs of kind config.', resourceReference),
};

/** Fields that the specs of both blueprints have. */
export const blueprintFields = {
  ...blueprintSelectorFields,
  params: list('Values for params of all resources.', blueprintParam),
  serviceAccountRef: object('Service account that stamps the objects when the owner names none.', {
    name: required(string('Name of the service account; empty counts as not set.')),
    namespace: string("Namespace of the service account; without it the owner's."),
  }),
};
/** The service account that a blueprint names. */
export type ServiceAccountRef = Infer<(typeof blueprintFields)['serviceAccountRef']>;
