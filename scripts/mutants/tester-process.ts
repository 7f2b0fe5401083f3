/**
 * A process of its own that tries versions of one file, so that a bug which never ends can be ended with it. Started by
 * `tester.ts` with the root, the file and its tests as arguments; answers each text that it is sent with one verdict. The
 * first text is the file as it stands: it tells how much work a run is.
 */
import { createWarmTests } from './warm-tests.ts';

const TICK_MS = 500;
/** Tests that do less than this in a tick only wait. */
const IDLE_CPU_MS = 10;
/** Long enough for a program that a test has started, and a fraction of vitest's own patience. */
const MOST_IDLE_MS = 5_000;

const [root = '', file = '', ...tests] = process.argv.slice(2);
const warm = await createWarmTests(root, file, tests);
let mostCpuMs = Infinity;

process.on('message', (source: string) => void judge(source));
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function judge(source: string): Promise<void> {
  const startedAtMs = cpuMs();
  const watch = watchWork(startedAtMs + mostCpuMs);
  const passed = await Promise.race([warm.pass(source), watch.stuck]);
  watch.stop();
  if (mostCpuMs === Infinity) mostCpuMs = 2 * (cpuMs() - startedAtMs) + 1_000;
  process.send?.(passed === undefined ? 'endless' : passed ? 'survived' : 'noticed');
}

/**
 * Ends with `undefined` when the tests have worked too much, or not at all for a while. Both are counted in time of the
 * processor, so that a busy machine does not make a slow test an endless one.
 */
function watchWork(lastCpuMs: number): { readonly stuck: Promise<undefined>; readonly stop: () => void } {
  const { promise: stuck, resolve } = Promise.withResolvers<undefined>();
  let [tickAtMs, tickCpuMs, idleMs] = [Date.now(), cpuMs(), 0];
  const timer = setInterval(() => {
    const [nowMs, nowCpuMs] = [Date.now(), cpuMs()];
    const isLate = nowMs - tickAtMs > 2 * TICK_MS;
    idleMs = isLate || nowCpuMs - tickCpuMs > IDLE_CPU_MS ? 0 : idleMs + nowMs - tickAtMs;
    [tickAtMs, tickCpuMs] = [nowMs, nowCpuMs];
    if (nowCpuMs > lastCpuMs || idleMs > MOST_IDLE_MS) resolve(undefined);
  }, TICK_MS);
  return { stuck, stop: () => clearInterval(timer) };
}

/** What this process has worked so far, its threads included. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
