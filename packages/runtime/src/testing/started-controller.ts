import { silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { createController, type Reconcile } from '../controller.ts';
import { createControllerMetrics } from '../metrics.ts';

/** A controller `test` that runs beside a fake clock; `value` reads one of its metrics. */
export function startedController(reconcile: Reconcile, concurrency = 2) {
  const clock = createFakeClock();
  const metrics = createControllerMetrics();
  const controller = createController({ name: 'test', reconcile, clock, log: silentLog, concurrency, metrics });
  const stop = new AbortController();
  const ended = controller.run(stop.signal);
  const value = async (name: string, labels = '{controller="test"}') => {
    const { text } = await metrics.expose();
    const line = text.split('\n').find((entry) => entry.startsWith(`${name}${labels} `));
    return Number(line?.split(' ')[1]);
  };
  return { clock, controller, value, stop: () => (stop.abort(), ended) };
}
