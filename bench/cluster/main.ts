/**
 * `npm run bench:cluster [-- NAME …]`: benchmarks against a real kube-apiserver, as ratios to floors measured in the same
 * run. `BENCH_ROUNDS`, `BENCH_OWNERS` (`500,2000`) and `BENCH_REST_MINUTES` change the sizes.
 */
import { type Row, rowText } from '../row.ts';
import { measureChains } from './chains.ts';
import { measureFleet } from './fleet.ts';

const BENCHES: Readonly<Record<string, () => Promise<readonly Row[]>>> = { chains: measureChains, fleet: measureFleet };

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  process.stderr.write(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}
// The product's timers never keep a process alive; the benchmark has to.
const alive = setInterval(() => undefined, 1_000);
process.stdout.write('| what | ours | floor, same run | ratio | goal | |\n|---|---|---|---|---|---|\n');
for (const [name, measure] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const row of await measure()) process.stdout.write(`${rowText(row)}\n`);
}
clearInterval(alive);
