/**
 * A process of its own that tries versions of one file, so that a bug which never ends can be ended with it. Started by
 * `tester.ts` with the root, the file and its tests as arguments; answers each text that it is sent with one verdict. The
 * first text is the file as it stands: it tells how much work a run is.
 */
import { availableParallelism, loadavg } from 'node:os';
import { createWarmTests, PATIENCE_MS, type Run } from './warm-tests.ts';

const TICK_MS = 500;
/** Tests that do less than this in a tick only wait. */
const IDLE_CPU_MS = 10;
/** Long enough for a program that a test has started and that has a core, and a fraction of vitest's own patience. */
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
  const run = await Promise.race([twiceIfUnclear(source), watch.stuck]);
  watch.stop();
  if (mostCpuMs === Infinity) mostCpuMs = 2 * (cpuMs() - startedAtMs) + 1_000;
  process.send?.(run === undefined ? 'endless' : run === 'passed' ? 'survived' : 'noticed');
}

/**
 * A test that fails where one may have lost its patience has perhaps noticed no more than a busy machine, and what fails
 * beside the tests may be what the bug before left behind: then the second run counts.
 */
async function twiceIfUnclear(source: string): Promise<Run> {
  const startedAtMs = Date.now();
  const run = await warm.run(source);
  const isClear = run === 'passed' || (run === 'failed' && Date.now() - startedAtMs < PATIENCE_MS);
  return isClear ? run : warm.run(source);
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
    if (nowCpuMs > lastCpuMs || idleMs > MOST_IDLE_MS * sharersOfCore()) resolve(undefined);
  }, TICK_MS);
  return { stuck, stop: () => clearInterval(timer) };
}

/** How many share a core, 4 at most: so much longer takes what a test waits for. Always 1 where the system does not tell. */
function sharersOfCore(): number {
  const sharers = (loadavg()[0] ?? 0) / availableParallelism();
  return Math.min(Math.max(1, sharers), 4);
}

/** What this process has worked so far, its threads included. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
