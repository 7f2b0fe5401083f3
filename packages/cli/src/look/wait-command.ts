import type { TargetFlags } from '../frame/flags.ts';
import { type OwnerKindName, ownerText, parseOwner } from '../frame/owner-name.ts';
import { runSession } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { waitFor } from './wait.ts';
import { goalText, parseGoal } from './wait-goal.ts';

/** Flags of `wait`. */
export type WaitFlags = TargetFlags & {
  readonly for: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly failFast?: boolean;
};

/** Runs `carto workload wait`. */
export async function runWait(
  surroundings: Surroundings,
  kind: OwnerKindName,
  name: string,
  flags: WaitFlags,
): Promise<void> {
  const owner = parseOwner(name, kind);
  const goal = parseGoal(flags.for);
  await runSession(surroundings, flags, { writes: false }, async (session) => {
    const { timeout: timeoutMs, failFast = false } = flags;
    const reached = await waitFor(session, owner, goal, { timeoutMs, failFast });
    session.print([`${ownerText(owner, session.namespace)} is ${goalText(reached)}`]);
  });
}
