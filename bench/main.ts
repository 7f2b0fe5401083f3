/** `npm run bench [-- NAME … --scale=1]`: benchmarks as ratios to floors measured in the same run. */
import { measureAdvisories } from './advisories.ts';
import { measureChain } from './chain.ts';
import { measureConventions } from './conventions.ts';
import { measureInventory } from './inventory.ts';
import { measureJenkins } from './jenkins.ts';
import { measurePlan } from './plan.ts';
import { measureRescan } from './rescan.ts';
import { measureRest } from './rest.ts';
import { type Benches, runBenches } from './run-benches.ts';
import { measureRunnables } from './runnables.ts';
import { measureServer } from './server.ts';
import { measureStartUp } from './start-up.ts';
import { measureYtt } from './ytt.ts';

const BENCHES: Benches = {
  plan: measurePlan,
  server: measureServer,
  chain: measureChain,
  rest: measureRest,
  runnables: measureRunnables,
  'start-up': measureStartUp,
  ytt: measureYtt,
  advisories: measureAdvisories,
  rescan: measureRescan,
  inventory: measureInventory,
  conventions: measureConventions,
  jenkins: measureJenkins,
};

await runBenches(BENCHES, process.argv.slice(2));
