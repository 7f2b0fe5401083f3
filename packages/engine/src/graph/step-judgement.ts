import type { StepState } from '@cartographer/api';
import { nextStepOf } from '@cartographer/api';
import type { Hold } from '../report/hold-text.ts';
import { holdIn } from '../report/hold-text.ts';
import type { ToldCondition } from './told-condition.ts';
import { isOpen, toldOf } from './told-condition.ts';

/** How far a step is by its own entry in the status, and the condition that keeps it from ready, if one does. */
export type Judgement = { readonly state: StepState; readonly condition: ToldCondition | undefined };

/** Types under which a step says how far its stamping got; see `CONDITION_TYPES.resource` of api. */
const SUBMITTED = ['ResourceSubmitted', 'ResourcesSubmitted', 'SupplyChainReady'];

/** Of the states of a held-back step those that its own entry does not tell. */
const TOLD_BY_OTHERS: readonly StepState[] = ['waiting', 'blocked', 'failed'];

/** From the state that needs somebody most to the one that needs nobody. */
const WORST_FIRST: readonly StepState[] = ['failed', 'refused', 'blocked', 'waiting', 'running', 'skipped', 'ready'];

/** Orders states, the worst first. */
export function compareStates(left: StepState, right: StepState): number {
  return WORST_FIRST.indexOf(left) - WORST_FIRST.indexOf(right);
}

/**
 * Judges a step by its conditions. The status does not have the reason of its object's condition; where those behind it
 * say in which state it holds them (`told`), that counts.
 */
export function judgeStep(conditions: readonly ToldCondition[], told: StepState | undefined): Judgement {
  const submitted = toldOf(conditions, ...SUBMITTED);
  const healthy = toldOf(conditions, 'Healthy');
  const ready = toldOf(conditions, 'Ready');
  if (submitted === undefined && healthy === undefined && ready === undefined) {
    return { state: 'waiting', condition: undefined };
  }
  const hint = told !== undefined && TOLD_BY_OTHERS.includes(told) && isOpen(healthy) ? told : undefined;
  if (submitted !== undefined && (submitted.status === 'False' || isHeld(submitted))) {
    return { state: conditionState(submitted), condition: submitted };
  }
  if (hint !== undefined) return { state: hint, condition: healthy };
  if (healthy?.status === 'False') return { state: conditionState(healthy), condition: healthy };
  const open = [submitted, healthy, ready].find(isOpen);
  if (open !== undefined) return { state: conditionState(open), condition: open };
  return { state: submitted?.reason === 'PassThrough' ? 'skipped' : 'ready', condition: undefined };
}

/** The state that a condition of ours stands for: one that waits for nobody's move is at work. */
export function conditionState(condition: ToldCondition): StepState {
  const { status, reason } = condition;
  if (status === 'True') return 'ready';
  if (reason === 'StepRefused') return 'refused';
  if (reason === 'WaitingForInput') return 'waiting';
  if (status !== 'False' || reason === 'NotObserved') {
    return nextStepOf(condition).move === 'nobody' ? 'running' : 'failed';
  }
  return reason === 'Unknown' ? 'waiting' : 'failed';
}

/** Reasons of a step that cannot be stamped, or cannot hand on, because an input has no value yet. */
const LACKS_INPUT = ['TemplateStampFailure', 'UnknownError', 'PassThrough'];

/** Whether a missing input would explain why the step is not ready. */
export function mayLackInput({ state, condition }: Judgement): boolean {
  return condition === undefined ? state === 'waiting' : LACKS_INPUT.includes(condition.reason);
}

/** Reasons of a step whose object is there and has not said yet what is waited for. */
const WAITS_FOR_OBJECT = ['MissingValueAtPath', 'NotObserved', 'ConditionNotMet'];

/** Whether what keeps the step from ready is what its object says, so that the object knows more of it. */
export function isOfObject({ condition }: Judgement): boolean {
  return condition?.type === 'Healthy' || WAITS_FOR_OBJECT.includes(condition?.reason ?? '');
}

/** Whom a step says that it waits for; undefined when it does not say so. */
export function holdOf(conditions: readonly ToldCondition[]): Hold | undefined {
  const submitted = toldOf(conditions, ...SUBMITTED);
  return submitted !== undefined && isHeld(submitted) ? holdIn(submitted.message) : undefined;
}

function isHeld(submitted: ToldCondition): boolean {
  return isOpen(submitted) && submitted.reason === 'WaitingForInput';
}
