import { startController } from '@cartographer/controller';
import { createClient } from '@cartographer/kube';
import { silentLog } from '@cartographer/machinery';
import type { StagedServer } from '@cartographer/testkit';

const STEP_MS = 100;
const STEPS = 30;
const MAX_WAITS = 2_000;

/** Applies YAML documents while a controller works, and stops that once it has nothing to do any more. */
export async function workedBy({ clock, mapper, direct, apply }: StagedServer, yaml: string): Promise<void> {
  const client = createClient({ transport: direct, clock, userAgent: 'controller/1' });
  const controller = startController({ client, mapper, clock, log: silentLog });
  await clock.advanceUntil(() => controller.notReady() === undefined, 60_000, 10);
  await apply(yaml);
  for (let step = 0; step < STEPS; step += 1) {
    await clock.advance(STEP_MS);
    for (let wait = 0; wait < MAX_WAITS && !controller.isIdle(); wait += 1) await clock.settle();
  }
  await controller.stop();
}
