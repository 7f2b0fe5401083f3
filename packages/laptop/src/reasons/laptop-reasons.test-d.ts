import { test } from 'vitest';
import type { ConditionReasonOf, ConditionTypeOf, EventReasonOf } from './laptop-reasons.ts';

test('each kind has its own words', () => {
  'BuildFailed' satisfies ConditionReasonOf<'Image'> & EventReasonOf<'Image'>;
  // @ts-expect-error misspelt
  'BuildFailled' satisfies ConditionReasonOf<'Image'>;
  // @ts-expect-error of another kind
  'RevisionFailed' satisfies ConditionReasonOf<'Image'>;
  // @ts-expect-error of events alone
  'BuildStarted' satisfies ConditionReasonOf<'Image'>;
  // @ts-expect-error of conditions alone
  'BuildRunning' satisfies EventReasonOf<'Image'>;
  // @ts-expect-error misspelt
  'BuilderRedy' satisfies ConditionTypeOf<'Image'>;
});
