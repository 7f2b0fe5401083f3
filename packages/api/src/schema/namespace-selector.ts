import { choice, list, map, object, required, string } from './schema.ts';
import { text } from './span.ts';

/** Which namespaces: all for `{}`. */
export const namespaceSelector = object('The namespaces that it is for, by their labels; `{}` is all of them.', {
  matchLabels: map('Labels of the namespace and the values they must have.', string('A value.', { maxLength: 63 })),
  matchExpressions: list(
    'Requirements on labels of the namespace.',
    object('A requirement.', {
      key: required(text('Key of the label.', 317)),
      operator: required(choice('What must hold.', ['In', 'NotIn', 'Exists', 'DoesNotExist'])),
      values: list('Values to compare with: at least one for In and NotIn, none otherwise.', string('A value.')),
    }),
    { maxItems: 32 },
  ),
});
