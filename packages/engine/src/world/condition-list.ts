import type { ConditionType, ReasonedType, ReasonOf } from '@cartographer/api';
import { CONDITION_REASON } from '@cartographer/api';
import type { Condition, Json } from '@cartographer/machinery';

/** A condition of one type before it has a time, with one of the reasons of that type. */
export type DraftOf<Type extends ReasonedType, Reason extends ReasonOf<Type> = ReasonOf<Type>> = {
  readonly type: Type;
  readonly status: Condition['status'];
  readonly reason: Reason;
  readonly message: string;
};

/** A condition before it has a time. Each type has its own reasons. */
export type ConditionDraft = { readonly [Type in ReasonedType]: DraftOf<Type> }[ReasonedType];

/** What a condition says, whoever wrote it. */
type Said = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** The condition of a type in a list of ours, which another version of us, or the first implementation, may have written. */
export function conditionIn<T extends Pick<Condition, 'type'>>(
  conditions: readonly T[] | undefined,
  type: ConditionType,
): T | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** What decides a summary: the last False, else the first Unknown, else nothing. */
export function decidingCondition<T extends Pick<Condition, 'status'>>(conditions: readonly T[]): T | undefined {
  return (
    conditions.findLast((condition) => condition.status === 'False') ??
    conditions.find((condition) => condition.status === 'Unknown')
  );
}

/**
 * The conditions of a status: the drafts, then `Ready`, which sums them up. A condition that is as it was before keeps
 * its time; one of which anything differs, the message included, gets a new one.
 */
export function conditionList(drafts: readonly ConditionDraft[], previous: unknown, now: string): readonly Condition[] {
  const before: readonly unknown[] = Array.isArray(previous) ? previous : [];
  return [...drafts, readyOf(drafts)].map((draft) => dated(fit(draft), before, now));
}

function readyOf(drafts: readonly ConditionDraft[]): Said {
  if (drafts.length === 0) return { type: 'Ready', status: 'Unknown', reason: 'Unknown', message: '' };
  const deciding = decidingCondition(drafts);
  if (deciding === undefined) return { type: 'Ready', status: 'True', reason: 'Ready', message: '' };
  return { type: 'Ready', status: deciding.status, reason: deciding.reason, message: deciding.message };
}

/** Compares by content, not by place: a list may hold two conditions of one type. */
function dated(draft: Said, before: readonly unknown[], now: string): Condition {
  for (const entry of before) {
    const old = entry as Partial<Condition>;
    if (
      old.type === draft.type &&
      old.status === draft.status &&
      old.reason === draft.reason &&
      old.message === draft.message &&
      old.lastTransitionTime !== undefined
    ) {
      return { lastTransitionTime: old.lastTransitionTime, ...draft };
    }
  }
  return { lastTransitionTime: now, ...draft };
}

const REASON = new RegExp(CONDITION_REASON);
const LONGEST_REASON = 1024;
const LONGEST_MESSAGE = 32_768;

/** Makes a draft fit the schema: a status with a condition that the schema refuses could not be written at all. */
function fit(draft: Said): Said {
  const { reason, message } = draft;
  if (REASON.test(reason) && reason.length <= LONGEST_REASON && message.length <= LONGEST_MESSAGE) return draft;
  return { ...draft, reason: fitReason(reason), message: message.slice(0, LONGEST_MESSAGE) };
}

function fitReason(reason: string): string {
  const word = reason
    .slice(0, LONGEST_REASON)
    .replaceAll(/[^A-Za-z0-9_,:]/g, '_')
    .replace(/^[^A-Za-z]+/, '')
    .replace(/[^A-Za-z0-9_]+$/, '');
  return word === '' ? 'Unknown' : word;
}

/** The conditions of a status as JSON. */
export function conditionsJson(conditions: readonly Condition[]): Json {
  return conditions;
}
