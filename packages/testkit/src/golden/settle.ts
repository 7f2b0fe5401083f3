import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@cartographer/kube';
import type { FakeClock } from '../fake-clock.ts';
import { typeOf } from './snapshot.ts';

/** What can be asked whether it has anything left to do; retries that wait for their time do not count. */
export type Busy = { isIdle(): boolean };

/** How long nothing may happen, in fake time, until a step counts as settled: what the recorder waited at least. */
const QUIET_MS = 3000;
const TICK_MS = 100;
/** Fake time after which a step is given up. */
const LIMIT_MS = 120_000;
/** How long work may take that does not wait for the fake clock: signing a token happens on a thread of its own. */
const WORK_MS = 1000;

/**
 * Waits until the controller is idle and nothing has been written for a while. Time is the fake clock's, so that
 * retries come up for their turn and the wait itself takes none. It stands still while the controller works. Between
 * ticks `pauseMs` of real time pass: a server in another process needs some until its watches tell of a write.
 */
export function untilQuiet(client: Client, controller: Busy, clock: FakeClock, pauseMs = 0): () => Promise<void> {
  return async () => {
    let revision = '';
    let quietMs = 0;
    for (let passedMs = 0; quietMs < QUIET_MS; passedMs += TICK_MS) {
      if (passedMs > LIMIT_MS) throw new Error(`nothing settled within ${LIMIT_MS} ms`);
      if (pauseMs > 0) await sleep(pauseMs);
      await clock.advance(TICK_MS);
      await untilIdle(controller);
      const { metadata } = await client.list(typeOf('Namespace'), { limit: 1 });
      const quiet = controller.isIdle() && metadata.resourceVersion === revision;
      quietMs = quiet ? quietMs + TICK_MS : 0;
      revision = metadata.resourceVersion ?? '';
    }
  };
}

/** Gives work its time, in short polls; work that waits for the fake clock gets on with the next tick. */
async function untilIdle(controller: Busy): Promise<void> {
  const deadline = performance.now() + WORK_MS;
  while (!controller.isIdle() && performance.now() < deadline) await sleep(1);
}
