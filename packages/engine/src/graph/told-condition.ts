import type { Condition, Json } from '@cartographer/machinery';
import { getPath, isObject, listAt, textAt } from '@cartographer/machinery';

/** A condition as somebody wrote it: whatever is no text is ''. */
export type ToldCondition = {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** When it last changed, RFC 3339. */
  readonly since: string | undefined;
};

/** The `conditions` of a status or of an entry in one, whatever else stands there. */
export function toldConditions(holder: Json | undefined): readonly ToldCondition[] {
  return listAt(holder, 'conditions')
    .filter((entry) => isObject(entry))
    .map((entry) => ({
      type: textAt(entry, 'type'),
      status: textAt(entry, 'status'),
      reason: textAt(entry, 'reason'),
      message: textAt(entry, 'message'),
      since: sinceOf(getPath(entry, 'lastTransitionTime')),
    }));
}

/** A time of a status; undefined for what is no text. */
export function sinceOf(time: Json | undefined): string | undefined {
  return typeof time === 'string' && time !== '' ? time : undefined;
}

/** The first condition of one of the types. */
export function toldOf(conditions: readonly ToldCondition[], ...types: readonly string[]): ToldCondition | undefined {
  return conditions.find(({ type }) => types.includes(type));
}

/** The status of a condition, where it is one of the three. */
export function statusOf(condition: ToldCondition | undefined): Condition['status'] | undefined {
  const status = condition?.status;
  return status === 'True' || status === 'False' || status === 'Unknown' ? status : undefined;
}

/** Whether a condition keeps its object from ready. */
export function isOpen(condition: ToldCondition | undefined): condition is ToldCondition {
  return condition !== undefined && condition.status !== 'True';
}

/** What is said of an owner or a step that the controller has not come to. */
export const NOT_LOOKED_AT = 'not looked at yet';
