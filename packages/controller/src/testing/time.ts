import type { Stage } from './stage.ts';

/**
 * Lets time pass, step by step; it stands still while the controller is at work: tokens are checked on another thread. Long
 * times in which little happens take longer steps.
 */
export async function pass({ clock, reached }: Stage, ms: number, stepMs = 100): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await clock.advance(stepMs);
    await reached(() => false);
  }
}
