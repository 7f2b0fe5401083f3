import type { StepState } from '@cartographer/api';
import { nextStepOf } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { getPath, textAt } from '@cartographer/machinery';
import type { PathGraph, PathNode } from './path.ts';
import type { StatusStep } from './status-steps.ts';
import { compareStates, conditionState } from './step-judgement.ts';
import type { ToldCondition } from './told-condition.ts';
import { isOpen, NOT_LOOKED_AT, toldConditions, toldOf } from './told-condition.ts';

/** How an owner as a whole is doing. */
type OwnerJudgement = Pick<PathGraph, 'state' | 'reason' | 'message' | 'since' | 'move' | 'next'>;

/**
 * Judges an owner: by what keeps it from having steps at all, else by its worst step that does not wait for another one,
 * else by its own `Ready`. What is said of an earlier generation is not yet an answer.
 */
export function ownerJudgement(
  owner: KubeObject,
  told: ReadonlyMap<string, StatusStep>,
  nodes: readonly PathNode[],
): OwnerJudgement {
  const conditions = toldConditions(owner['status']);
  const ready = toldOf(conditions, 'Ready');
  const unseen = unseenText(owner, conditions);
  if (unseen !== undefined) return { ...quiet('waiting'), message: unseen, next: UNSEEN_NEXT };
  const before = conditionBefore(conditions, told);
  if (before !== undefined) return byCondition(before);
  const [worst] = nodes
    .filter(({ waitsFor }) => waitsFor === undefined)
    .toSorted((left, right) => compareStates(left.state, right.state));
  if (worst !== undefined && worst.state !== 'ready' && worst.state !== 'skipped') {
    const { state, reason, message, since, move, next } = worst;
    return { state, reason, message, since, move, next };
  }
  const since = ready?.since;
  if (isOpen(ready)) return byCondition(ready);
  return { ...quiet('ready'), since };
}

const UNSEEN_NEXT = 'wait a moment; if it stays so, let who runs the cluster see whether the controller does';

function quiet(state: StepState): OwnerJudgement {
  return { state, reason: '', message: '', since: undefined, move: 'nobody', next: undefined };
}

function byCondition(condition: ToldCondition): OwnerJudgement {
  const { reason, message, since } = condition;
  return { state: conditionState(condition), reason, message, since, ...nextStepOf(condition) };
}

/** Why the status is no answer about the owner as it is now. */
function unseenText({ metadata, status }: KubeObject, conditions: readonly ToldCondition[]): string | undefined {
  if (textAt(metadata, 'deletionTimestamp') !== '') return 'is being deleted';
  if (conditions.length === 0) return NOT_LOOKED_AT;
  const [generation, observed] = [metadata.generation, getPath(status, 'observedGeneration')];
  const isOld = typeof generation === 'number' && typeof observed === 'number' && observed < generation;
  return isOld ? `generation ${generation} is ${NOT_LOOKED_AT}` : undefined;
}

/** What keeps an owner from having steps, or speaks of none of them: selection, account, its own status. */
function conditionBefore(
  conditions: readonly ToldCondition[],
  told: ReadonlyMap<string, StatusStep>,
): ToldCondition | undefined {
  const selection = toldOf(conditions, 'SupplyChainReady', 'DeliveryReady', 'RunTemplateReady');
  if (isOpen(selection) && selection.reason !== 'PassThrough') return selection;
  const run = toldOf(conditions, 'StampedObjectCondition');
  if (isOpen(run)) return run;
  const submitted = toldOf(conditions, 'ResourcesSubmitted');
  if (!isOpen(submitted)) return undefined;
  const isOfStep = [...told.values()].some((step) =>
    step.conditions.some(({ reason, message }) => reason === submitted.reason && message === submitted.message),
  );
  return isOfStep ? undefined : submitted;
}
