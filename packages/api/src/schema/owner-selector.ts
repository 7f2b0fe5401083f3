import type { Infer } from './schema.ts';
import { choice, list, map, object, required, string } from './schema.ts';

/** A requirement on one label of an owner. */
export const labelRequirement = object('A requirement on one label of the owner.', {
  key: required(string('Key of the label.')),
  operator: required(string('One of In, NotIn, Exists, DoesNotExist.')),
  values: list('Values to compare with: at least one for In and NotIn, none otherwise.', string('A value.')),
});
/** A requirement on one label of an owner. */
export type LabelRequirement = Infer<typeof labelRequirement>;

/** The relations that a field requirement may ask for. */
export const FIELD_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

/** A requirement on one field of an owner. */
export const fieldRequirement = object('A requirement on one field of the owner.', {
  key: required(
    string('JSONPath to the field, from the top of the owner: `spec.source.git.url`, `metadata.name`.', {
      minLength: 1,
    }),
  ),
  operator: required(choice('What must be true of the field.', FIELD_OPERATORS)),
  values: list('Texts to compare with: at least one for In and NotIn, none otherwise.', string('A value.')),
});
/** A requirement on one field of an owner. */
export type FieldRequirement = Infer<typeof fieldRequirement>;

/** What a blueprint or an option requires of its owner, in three forms that must all hold. */
export type OwnerSelector = {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelRequirement[];
  readonly matchFields?: readonly FieldRequirement[];
};

/** When an option is chosen. */
export const optionSelector = object(
  'When to choose this option. At least one of the three lists must have an entry; all entries must hold.',
  {
    matchLabels: map('Labels of the owner and the values they must have.', string('A value.')),
    matchExpressions: list('Requirements on labels of the owner.', labelRequirement),
    matchFields: list('Requirements on fields of the owner.', fieldRequirement),
  },
  { atomic: true },
);

/** The three selector fields of a blueprint's spec. */
export const blueprintSelectorFields = {
  selector: map('Labels of the owner and the values they must have.', string('A value.')),
  selectorMatchExpressions: list('Requirements on labels of the owner.', labelRequirement),
  selectorMatchFields: list('Requirements on fields of the owner.', fieldRequirement),
};
