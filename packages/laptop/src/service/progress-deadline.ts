import { parseDurationMs } from '../git/kind/duration.ts';

/** Reads the annotation for how long a revision may take to answer, by Knative's rules and in its words. */
export function progressDeadlineOf(
  text: string,
): { readonly kind: 'deadline'; readonly ms: number } | { readonly kind: 'refused'; readonly message: string } {
  const ms = parseDurationMs(text.replace(/^[-+]/, ''));
  if (ms === undefined) return { kind: 'refused', message: `invalid value: ${text}` };
  if (ms % 1000 !== 0) return { kind: 'refused', message: `progress-deadline=${text} is not at second precision` };
  if (text.startsWith('-') && ms > 0) return { kind: 'refused', message: `progress-deadline=${text} must be positive` };
  return { kind: 'deadline', ms };
}
