import { parseDurationMs } from '../../git/kind/duration.ts';

/** Milliseconds of a duration in a spec; 0 means that there is no limit. Undefined when it is not set or none. */
export function durationMs(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  return value === '0' ? 0 : parseDurationMs(value);
}
