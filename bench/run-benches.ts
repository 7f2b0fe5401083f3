import { type Row, rowText } from './row.ts';

/** Benchmarks by the names under which they are asked for. Those that grow do so by the scale; at 1 they are as large as the goals say. */
export type Benches = Readonly<Record<string, (scale: number) => Promise<readonly Row[]>>>;

const SCALE = '--scale=';
/** Small, so that all of them take no time. */
const DEFAULT_SCALE = 0.05;

/**
 * Runs the named benchmarks, or all, and prints each row as it is measured; an unknown name ends the process with 2.
 *
 * @param given names, and `--scale=1` for those that grow.
 */
export async function runBenches(benches: Benches, given: readonly string[]): Promise<void> {
  const wanted = given.filter((name) => !name.startsWith(SCALE));
  const scale = Number(given.find((name) => name.startsWith(SCALE))?.slice(SCALE.length) ?? DEFAULT_SCALE);
  if (!(scale > 0)) {
    process.stderr.write('--scale is a number above 0\n');
    process.exit(2);
  }
  const unknown = wanted.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0) {
    process.stderr.write(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}\n`);
    process.exit(2);
  }
  // The product's timers never keep a process alive; the benchmark has to.
  const alive = setInterval(() => undefined, 1_000);
  process.stdout.write('| what | ours | floor, same run | ratio | goal | |\n|---|---|---|---|---|---|\n');
  for (const [name, measure] of Object.entries(benches)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const row of await measure(scale)) process.stdout.write(`${rowText(row)}\n`);
  }
  clearInterval(alive);
}
