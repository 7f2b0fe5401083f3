/**
 * `npm run bench:cluster [-- NAME …]`: benchmarks against a real kube-apiserver, as ratios to floors measured in the same
 * run. `BENCH_ROUNDS`, `BENCH_OWNERS` (`500,2000`) and `BENCH_REST_MINUTES` change the sizes.
 */
import { type Benches, runBenches } from '../run-benches.ts';
import { measureChains } from './chains.ts';
import { measureFleet } from './fleet.ts';

const BENCHES: Benches = { chains: measureChains, fleet: measureFleet };

await runBenches(BENCHES, process.argv.slice(2));
