import { FIELD_OPERATORS } from './owner-selector.ts';
import type { Infer } from './schema.ts';
import { choice, freeObject, list, object, required, string } from './schema.ts';

const conditionRequirement = object('A condition that the stamped object must have.', {
  type: required(string('Type of the condition.')),
  status: required(string('Status that it must have, as a quoted text: "True".')),
});
/** A requirement on a condition of a stamped object. */
export type HealthConditionRequirement = Infer<typeof conditionRequirement>;

const healthField = object('A requirement on one field of the stamped object.', {
  key: required(string('JSONPath to the field, from the top of the stamped object.', { minLength: 1 })),
  operator: required(choice('What must be true of the field.', FIELD_OPERATORS)),
  values: list('Texts to compare with.', string('A value.')),
  messagePath: string('JSONPath to a text in the stamped object that explains the state; quoted in the condition.'),
});
/** A requirement on a field of a stamped object. */
export type HealthFieldRequirement = Infer<typeof healthField>;

const requirements = (description: string) =>
  object(description, {
    matchConditions: list('Requirements on conditions.', conditionRequirement),
    matchFields: list('Requirements on fields.', healthField),
  });
/** One side of a multiMatch rule. */
export type HealthRequirements = Infer<ReturnType<typeof requirements>>;

/** How a template judges the object that it stamped. */
export const healthRule = object('How to tell whether the stamped object is healthy. Exactly one member is set.', {
  alwaysHealthy: freeObject('When set, even to `{}`, the object is healthy as soon as it exists.'),
  singleConditionType: string('Type of the one condition that decides: True is healthy, False is unhealthy.'),
  multiMatch: object('Two sets of requirements; `unhealthy` is looked at first.', {
    healthy: required(requirements('Healthy when all of these hold. At least one entry.')),
    unhealthy: required(requirements('Unhealthy when any of these holds. At least one entry.')),
  }),
});
/** How a template judges the object that it stamped. */
export type HealthRule = Infer<typeof healthRule>;
