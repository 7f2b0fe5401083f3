/** What a step of a chain can be in; the same words in conditions, live view, command line and page. */
export const STEP_STATES = ['waiting', 'running', 'ready', 'failed', 'refused', 'blocked', 'skipped'] as const;

/** One of {@link STEP_STATES}. */
export type StepState = (typeof STEP_STATES)[number];

/** Reasons of an object's condition that say more than whether it is True. */
const STATES: Readonly<Record<string, StepState>> = {
  PolicyViolation: 'refused',
  GateRefused: 'refused',
  AwaitingApproval: 'waiting',
  Soaking: 'waiting',
  WindowClosed: 'blocked',
  Locked: 'blocked',
};

/** The state of a step by the condition that its health rule names; without that condition it is at work. */
export function stepState(condition: { readonly status: string; readonly reason: string } | undefined): StepState {
  if (condition === undefined) return 'running';
  if (condition.status === 'True') return 'ready';
  const { [condition.reason]: known } = STATES;
  return (
    (Object.hasOwn(STATES, condition.reason) ? known : undefined) ??
    (condition.status === 'False' ? 'failed' : 'running')
  );
}
