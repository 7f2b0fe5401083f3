import type { Condition } from './kube-object.ts';

/**
 * The list with a condition set. A condition that says the same keeps its `lastTransitionTime`, so a reconcile that
 * finds nothing new writes nothing; the same list comes back then. Others keep their places.
 */
export function setCondition(list: readonly Condition[] | undefined, condition: Condition): readonly Condition[] {
  const conditions = list ?? [];
  const present = findCondition(conditions, condition.type);
  if (present === undefined) return [...conditions, condition];
  if (saysTheSame(present, condition)) return conditions;
  return conditions.map((other) => (other === present ? condition : other));
}

function saysTheSame(left: Condition, right: Condition): boolean {
  return (
    left.status === right.status &&
    left.reason === right.reason &&
    left.message === right.message &&
    left.observedGeneration === right.observedGeneration
  );
}

/** The condition of a type, or undefined. */
export function findCondition(list: readonly Condition[] | undefined, type: string): Condition | undefined {
  return list?.find((condition) => condition.type === type);
}

/** Whether there is a condition of this type with status `True`. */
export function isTrue(list: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(list, type)?.status === 'True';
}
