import { type Row, rowText } from './row.ts';

/** Benchmarks by the names under which they are asked for. */
export type Benches = Readonly<Record<string, () => Promise<readonly Row[]>>>;

/** Runs the named benchmarks, or all, and prints each row as it is measured; an unknown name ends the process with 2. */
export async function runBenches(benches: Benches, wanted: readonly string[]): Promise<void> {
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
    for (const row of await measure()) process.stdout.write(`${rowText(row)}\n`);
  }
  clearInterval(alive);
}
