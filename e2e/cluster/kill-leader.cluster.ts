import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { carto } from '@cartographer/api';
import { systemClock } from '@cartographer/kube';
import type { KubeObject } from '@cartographer/machinery';
import { applyObjects, readObjects, startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../carto-process.ts';
import { CONFIG_MAPS, dataOf, installCarto, startCartoController } from './carto.ts';

/** The issue asks for 5 minutes, which a person runs: `KILL_SECONDS=300 npm run test:cluster -- kill-leader`. */
const SECONDS = Number(process.env['KILL_SECONDS'] ?? '45');
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
const CHANGE_EVERY_MS = 400;
const KILL_WITHIN_MS = 8_000;
const ELECT = ['--leader-elect', '--leader-election-namespace', 'cartographer-system'];
const REPLICAS = ['one', 'two'];

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
  await installCarto(cluster);
  for (const name of REPLICAS) await startCartoController(cluster, name, ELECT);
  await applyObjects(cluster.client, systemClock, readObjects(join(import.meta.dirname, 'runs.yaml')));
});
afterAll(() => cluster.stop());

async function change(input: number): Promise<void> {
  const body = { spec: { params: [{ name: 'input', value: String(input) }] } };
  await cluster.client.patch(carto.kinds.Workload, { namespace: 'default', name: 'app' }, { kind: 'merge', body });
}

/** Kills the leader at moments that the seed chooses, and starts it again at once, as its Deployment would. */
async function killLeaders(signal: AbortSignal): Promise<number> {
  let state = SEED;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  let kills = 0;
  // Its log goes on over restarts: one more election than when it was killed last means that it leads.
  const known = new Map<string, number>();
  while (!signal.aborted) {
    await systemClock.sleep(random() * KILL_WITHIN_MS);
    for (const name of REPLICAS) {
      const replica = cluster.process(name);
      const elections = readFileSync(replica.logFile, 'utf8').split('elected as leader').length - 1;
      if (elections === (known.get(name) ?? 0)) continue;
      known.set(name, elections);
      await replica.end();
      kills += 1;
      await replica.start();
    }
  }
  return kills;
}

type Run = KubeObject & { readonly data: { readonly input: string } };

async function runs(): Promise<readonly Run[]> {
  const { items } = await cluster.client.list(CONFIG_MAPS, { namespace: 'default', labelSelector: 'test/run' });
  return items as readonly Run[];
}

it(
  `killed at random for ${SECONDS} s (seed ${SEED}), leaders lose no change and run nothing twice`,
  async () => {
    const mark = await cluster.audit.mark();
    const stop = new AbortController();
    const killing = killLeaders(stop.signal);
    let input = 0;
    for (const end = systemClock.now() + SECONDS * 1000; systemClock.now() < end; ) {
      input += 1;
      await change(input);
      await systemClock.sleep(CHANGE_EVERY_MS);
    }
    stop.abort();
    const kills = await killing;
    expect(kills).toBeGreaterThan(0);

    await until('the last change has its run', async () =>
      (await runs()).some(({ data }) => data.input === String(input)),
    );
    expect(await dataOf(cluster.client, 'app-input')).toEqual({ input: String(input) });
    const inputs = (await runs()).map(({ data }) => data.input);
    expect(inputs.length).toBeGreaterThan(1);
    expect(new Set(inputs).size).toBe(inputs.length);
    // What was created and has gone since would be missing above: the audit log knows of it.
    const created = (await cluster.audit.since(mark)).filter(
      ({ objectRef, responseStatus }) =>
        responseStatus?.code === 201 && objectRef?.resource === 'configmaps' && objectRef.name !== 'app-input',
    );
    process.stdout.write(
      `${kills} leaders killed, ${input} changes, ${inputs.length} runs, ${created.length} created\n`,
    );
    const before = inputs.includes('0') ? 1 : 0;
    expect(created.length).toBeGreaterThanOrEqual(inputs.length - before);
    expect(created.length).toBeLessThanOrEqual(inputs.length);
  },
  SECONDS * 1000 + 120_000,
);
