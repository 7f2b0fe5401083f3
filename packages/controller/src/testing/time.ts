import type { Stage } from './stage.ts';

const STEP_MS = 100;

/** Lets time pass, which stands still while the controller is at work: tokens are checked on another thread. */
export async function pass({ clock, reached }: Stage, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    await clock.advance(STEP_MS);
    await reached(() => false);
  }
}
