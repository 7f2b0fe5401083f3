import type { Infer } from './schema.ts';
import { integer, object, required } from './schema.ts';

/** How many finished runs are kept. */
export const retentionPolicy = object('How many finished runs to keep; older ones are deleted.', {
  maxFailedRuns: required(integer('Number of failed runs to keep.', { minimum: 1 })),
  maxSuccessfulRuns: required(integer('Number of successful runs to keep.', { minimum: 1 })),
});
/** How many finished runs are kept. */
export type RetentionPolicy = Infer<typeof retentionPolicy>;

/** What holds where no policy is given: the schema default of Runnable, the controller's own for templates. */
export const DEFAULT_RETENTION = { maxFailedRuns: 10, maxSuccessfulRuns: 10 } as const satisfies RetentionPolicy;
