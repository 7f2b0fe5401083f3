import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { carto } from '@cartographer/api';
import { systemClock } from '@cartographer/kube';
import {
  type AuditEntry,
  applyObjects,
  isAuditedWrite,
  readObjects,
  startCluster,
  type TestCluster,
} from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../carto-process.ts';
import { dataOf, installCarto, isOurs, startCartoController, untilReady } from './carto.ts';

const CHAIN = join(import.meta.dirname, 'chain.yaml');
const ELECT = ['--leader-elect', '--leader-election-namespace', 'cartographer-system'];
const REPLICAS = ['one', 'two'];

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
  await installCarto(cluster);
  for (const name of REPLICAS) await startCartoController(cluster, name, ELECT);
  await applyObjects(cluster.client, systemClock, readObjects(CHAIN));
  await untilReady(cluster.client, 'greet');
});
afterAll(() => cluster.stop());

const other = (name: string): string => REPLICAS.find((each) => each !== name) ?? '';
const elections = (name: string): number =>
  readFileSync(cluster.process(name).logFile, 'utf8').split('elected as leader').length - 1;

function leader(): string {
  const [name, ...more] = REPLICAS.filter((each) => elections(each) > 0);
  if (name === undefined || more.length > 0) throw new Error('there is not exactly one leader');
  return name;
}

async function greet(who: string): Promise<void> {
  const key = { namespace: 'default', name: 'greet' };
  const body = { spec: { params: [{ name: 'who', value: who }] } };
  await cluster.client.patch(carto.kinds.Workload, key, { kind: 'merge', body });
  await until(
    `${who} is greeted`,
    async () => (await dataOf(cluster.client, 'greet-sent'))?.['text'] === `hello ${who}!`,
  );
}

/** The writes of all replicas that are about the chain. */
function chainWrites(entries: readonly AuditEntry[]): readonly string[] {
  return entries
    .filter(isOurs)
    .filter(isAuditedWrite)
    .map(({ objectRef }) => `${objectRef?.resource}/${objectRef?.subresource ?? objectRef?.name ?? ''}`)
    .filter((line) => !line.startsWith('leases/') && !line.startsWith('events/'));
}

const ONCE = ['configmaps/greet-greeting', 'configmaps/greet-shouted', 'configmaps/greet-sent', 'workloads/status'];
let tookOver: string;
/** Longer than a replica that was paused needs to find out, and to write what it should not. */
const AFTERWARDS_MS = 3_000;
const HAND_OVER_MS = 2_000;

describe('of two replicas', () => {
  it('one leads, and the other takes over when that one hangs; awake again, it writes nothing', async () => {
    const paused = leader();
    const mark = await cluster.audit.mark();
    cluster.process(paused).pause();
    await greet('moon');
    cluster.process(paused).resume();
    await systemClock.sleep(AFTERWARDS_MS);
    expect(chainWrites(await cluster.audit.since(mark))).toEqual(ONCE);
    tookOver = other(paused);
    expect(elections(tookOver)).toBe(1);
  });

  it('the other takes over within two seconds when the leader stops', async () => {
    const stopping = cluster.process(tookOver);
    const spare = other(tookOver);
    // Who lost the lease ends, to be started afresh as its Deployment would.
    await until('the former leader has ended', () => cluster.process(spare).pid === undefined);
    await cluster.process(spare).start();
    const before = elections(spare);
    await stopping.end('SIGTERM');
    const since = performance.now();
    await until('the other leads', () => elections(spare) > before);
    expect(performance.now() - since).toBeLessThan(HAND_OVER_MS);
    await greet('sun');
  });
});
