import type { Clock } from '@cartographer/machinery';

const LOOK_MS = 60_000;
/** A busy process runs its timers late; that is no jump. */
const LEAST_JUMP_MS = 10_000;

/**
 * Tells, within a minute, when the time was set on or back, or the machine slept: timers go on as if nothing were, so that
 * whoever waits for a time has to look again. Ends with the signal.
 */
export async function watchClock(
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  onJump: (jumpMs: number) => void,
): Promise<void> {
  while (!signal.aborted) {
    const expectedMs = clock.now() + LOOK_MS;
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    const jumpMs = clock.now() - expectedMs;
    if (Math.abs(jumpMs) >= LEAST_JUMP_MS) onJump(jumpMs);
  }
}
