import type { ReasonOf } from '@cartographer/api';
import { expectTypeOf, test } from 'vitest';
import type { ConditionDraft } from './condition-list.ts';
import { conditionIn } from './condition-list.ts';
import type { PlannedEvent } from './world.ts';

const rest = { status: 'False', message: '' } as const;

test('a condition has one of the types that there are', () => {
  // @ts-expect-error misspelt
  const misspelt: ConditionDraft = { ...rest, type: 'ResourcesSubmited', reason: 'UnknownError' };
  // @ts-expect-error Ready is made from the others
  const ready: ConditionDraft = { ...rest, type: 'Ready', reason: 'Ready' };
  // @ts-expect-error misspelt
  conditionIn([misspelt, ready], 'Helthy');
});

test('a condition has a reason of its type', () => {
  const right: ConditionDraft = { ...rest, type: 'TemplatesReady', reason: 'TemplatesNotFound' };
  // @ts-expect-error misspelt
  const misspelt: ConditionDraft = { ...rest, type: 'TemplatesReady', reason: 'TemplateNotFound' };
  // @ts-expect-error of another type
  const elsewhere: ConditionDraft = { ...rest, type: 'TemplatesReady', reason: 'InvalidSelector' };
  // @ts-expect-error of upstream, and never written
  const unwritten: ConditionDraft = { ...rest, type: 'Healthy', reason: 'NoResource' };
  expectTypeOf([right, misspelt, elsewhere, unwritten]).toExtend<ConditionDraft[]>();
});

test('a condition of either of two types has a reason that both have', () => {
  const submitted = (type: 'ResourceSubmitted' | 'ResourcesSubmitted'): readonly ConditionDraft[] => [
    { ...rest, type, reason: 'TemplateStampFailure' },
    // @ts-expect-error of one of them
    { ...rest, type, reason: 'ServiceAccountError' },
  ];
  expectTypeOf(submitted).returns.toExtend<readonly ConditionDraft[]>();
});

test('what is lent has the words of the lender', () => {
  expectTypeOf<'TemplatesNotFound' | 'InvalidSelector' | 'Unknown'>().toExtend<ReasonOf<'SupplyChainReady'>>();
  expectTypeOf<'TemplatesNotFound'>().toExtend<ReasonOf<'DeliveryReady'>>();
  expectTypeOf<'FooCondition'>().toExtend<ReasonOf<'Healthy'>>();
  // @ts-expect-error no word of a rule
  expectTypeOf<'Foo'>().toExtend<ReasonOf<'Healthy'>>();
});

test('an event has a reason of its type', () => {
  const right: PlannedEvent = { type: 'Normal', reason: 'StampedObjectApplied', message: '' };
  // @ts-expect-error misspelt
  const misspelt: PlannedEvent = { type: 'Normal', reason: 'StampedObjectAplied', message: '' };
  // @ts-expect-error of the other type
  const elsewhere: PlannedEvent = { type: 'Warning', reason: 'StampedObjectApplied', message: '' };
  expectTypeOf([right, misspelt, elsewhere]).toExtend<PlannedEvent[]>();
});
