import { CONDITION_RULE, REASONS } from './condition-reasons.ts';
import type { Explanation, Explanations, Mover } from './explanation.ts';

/** Whose move it is, and what to do; `next` is undefined where there is nothing to do. */
export type NextStep = { readonly move: Mover; readonly next: string | undefined };

/** What a condition of an owner or a step says. */
type Said = { readonly type: string; readonly status: string; readonly reason: string; readonly message: string };

const TABLES: Readonly<Record<string, Explanations>> = REASONS;

/** What stands beside a reason in {@link REASONS}, also where another type lends it; undefined for one that is not ours. */
export function explanationOf(type: string, reason: string): Explanation | undefined {
  const own = entryOf(type, reason);
  if (own !== undefined) return own;
  if (type === 'SupplyChainReady' || type === 'DeliveryReady') {
    return entryOf('TemplatesReady', reason) ?? entryOf('SelectorReady', reason);
  }
  return type === 'Healthy' && reason.endsWith('Condition') ? CONDITION_RULE : undefined;
}

function entryOf(type: string, reason: string): Explanation | undefined {
  const { [type]: reasons } = TABLES;
  return Object.hasOwn(TABLES, type) && reasons !== undefined && Object.hasOwn(reasons, reason)
    ? reasons[reason]
    : undefined;
}

/** Whose move it is by a condition, and what to do. A reason that is not ours is the developer's to read, once it is False. */
export function nextStepOf(
  { type, status, reason, message }: Said,
  explanation: Explanation | undefined = explanationOf(type, reason),
): NextStep {
  if (status === 'True') return { move: 'nobody', next: undefined };
  if (explanation === undefined) {
    return status === 'False' ? { move: 'developer', next: 'read the message' } : { move: 'nobody', next: 'wait' };
  }
  const found = explanation.cases?.find((it) => ('says' in it ? message.includes(it.says) : it.status === status));
  const { move, next } = found ?? explanation;
  return { move, next };
}
