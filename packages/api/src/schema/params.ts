import type { Infer } from './schema.ts';
import { any, object, required, string } from './schema.ts';

/** A value that an owner gives for a param. */
export const ownerParam = object('A value for a param of the blueprint or of a template.', {
  name: required(string('Param to set. When a name is listed twice, the later entry counts.')),
  value: required(any('Any JSON value. It has no effect where the blueprint fixed the param with `value`.')),
});
/** A value that an owner gives for a param. */
export type OwnerParam = Infer<typeof ownerParam>;

/** A value that a blueprint gives for a param: fixed with `value`, or open to the owner with `default`. */
export const blueprintParam = object('A value for a param of the templates. Exactly one of `value` and `default`.', {
  name: required(string('Param to set.')),
  value: any('Any JSON value; the owner cannot change it.'),
  default: any('Any JSON value that holds unless the owner gives another one. It wins over the default of a template.'),
});
/** A value that a blueprint gives for a param: fixed with `value`, or open to the owner with `default`. */
export type BlueprintParam = Infer<typeof blueprintParam>;

/** A param that a template accepts. */
export const templateParam = object('A param that this template accepts.', {
  name: required(string('Name under which the template reads it: `$(params.NAME)$`.')),
  default: required(any('Any JSON value that holds when neither the blueprint nor the owner gives one.')),
});
/** A param that a template accepts. */
export type TemplateParam = Infer<typeof templateParam>;
