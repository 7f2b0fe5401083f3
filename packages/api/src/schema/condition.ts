import { choice, integer, object, required, string } from './schema.ts';

const CONDITION_TYPE =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$';

/** What the schema allows as a condition's reason; a status with any other reason is refused by the API server. */
export const CONDITION_REASON = '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$';

/** A condition as metav1.Condition has it. */
export const condition = object('One aspect of the state of the object.', {
  type: required(string('Which aspect this is about.', { pattern: CONDITION_TYPE, maxLength: 316 })),
  status: required(choice('Whether it holds.', ['True', 'False', 'Unknown'])),
  reason: required(
    string('The cause of the status as one word for programs.', {
      pattern: CONDITION_REASON,
      minLength: 1,
      maxLength: 1024,
    }),
  ),
  message: required(string('The cause of the status in words for people; may be empty.', { maxLength: 32768 })),
  lastTransitionTime: required(
    string('When status, reason or message last became different.', { format: 'date-time' }),
  ),
  observedGeneration: integer('Generation of the object that this condition was judged by. Not set by Cartographer.', {
    minimum: 0,
  }),
});

/** The field `status.observedGeneration`. */
export const observedGeneration = integer('Generation of this object that the status speaks of.');
