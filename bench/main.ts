/** `npm run bench [-- NAME …]`: benchmarks as ratios to floors measured in the same run. */
import { measureChain } from './chain.ts';
import { measureRest } from './rest.ts';
import { type Row, rowText } from './row.ts';
import { measureRunnables } from './runnables.ts';
import { measureServer } from './server.ts';
import { measurePlan } from './plan.ts';
import { measureStartUp } from './start-up.ts';
import { measureYtt } from './ytt.ts';

const BENCHES: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  plan: measurePlan,
  server: measureServer,
  chain: measureChain,
  rest: measureRest,
  runnables: measureRunnables,
  'start-up': measureStartUp,
  ytt: measureYtt,
};

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
