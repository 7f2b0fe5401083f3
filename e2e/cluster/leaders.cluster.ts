import { join } from 'node:path';
import { carto } from '@cartographer/api';
import { systemClock } from '@cartographer/kube';
import type { KubeObject } from '@cartographer/machinery';
import { type AuditMark, applyObjects, readObjects, startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../carto-process.ts';
import { CONFIG_MAPS, dataOf, installCarto, untilReady } from './carto.ts';
import { type Replicas, startReplicas } from './replicas.ts';

/** The issue asks for 5: `LEADER_KILL_MINUTES=5 npm run test:cluster -- leaders`. */
const MINUTES = Number(process.env['LEADER_KILL_MINUTES'] ?? '1');
const SEED = Number(process.env['LEADER_KILL_SEED'] ?? Date.now() % 1_000_000);
const WORKLOADS = 12;
const CHANGE_EVERY_MS = 150;
const LEAD_FOR_MS = 5_000;
/** Longer than a process that was paused needs to notice, and to write what it should not. */
const AWAKE_MS = 2_000;
const HAND_OVER_MS = 2_000;

let cluster: TestCluster;
let replicas: Replicas;
let began: AuditMark;
beforeAll(async () => {
  cluster = await startCluster();
  await installCarto(cluster);
  began = await cluster.audit.mark();
  replicas = await startReplicas(cluster, ['one', 'two', 'three']);
  await applyObjects(cluster.client, systemClock, objects());
  for (let index = 0; index < WORKLOADS; index += 1) await untilReady(cluster.client, `app-${index}`);
});
afterAll(() => cluster.stop());

/** The chain of `runs.yaml`, and its workload many times. */
function objects(): readonly KubeObject[] {
  return readObjects(join(import.meta.dirname, 'runs.yaml')).flatMap((object) =>
    object.kind === 'Workload'
      ? Array.from({ length: WORKLOADS }, (_, index) => ({
          ...object,
          metadata: { ...object.metadata, name: `app-${index}` },
        }))
      : [object],
  );
}

/** Numbers that follow from the seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

type Toll = { killed: number; paused: number; stopped: number; handOvers: number[] };

/** Does away with one leader after the other, in ways and at moments that the seed chooses. */
async function persecute(random: () => number, signal: AbortSignal): Promise<Toll> {
  const toll: Toll = { killed: 0, paused: 0, stopped: 0, handOvers: [] };
  let next = replicas.nextLeader();
  for (let turn = Math.floor(random() * 3); !signal.aborted; turn += 1) {
    const leader = await next;
    await systemClock.sleep(random() * LEAD_FOR_MS);
    next = replicas.nextLeader();
    if (turn % 3 === 0) {
      await leader.end('SIGKILL');
      toll.killed += 1;
    } else if (turn % 3 === 1) {
      leader.pause();
      await next;
      await systemClock.sleep(random() * AWAKE_MS);
      leader.resume();
      await leader.ended; // it has lost the lease, and is started afresh as its Deployment would
      toll.paused += 1;
    } else {
      const sinceMs = performance.now();
      const ended = leader.end('SIGTERM');
      await next;
      toll.handOvers.push(Math.round(performance.now() - sinceMs));
      await ended;
      toll.stopped += 1;
    }
    await leader.start();
  }
  await next;
  return toll;
}

type Run = KubeObject & { readonly data: { readonly input: string } };

/** `workload input` of each run. */
async function runs(): Promise<readonly string[]> {
  const { items } = await cluster.client.list(CONFIG_MAPS, { namespace: 'default', labelSelector: 'test/run' });
  return (items as readonly Run[]).map(({ metadata, data }) => `${metadata.ownerReferences?.[0]?.name} ${data.input}`);
}

it(
  `for ${MINUTES} min (seed ${SEED}), leaders that are killed, paused and stopped lose no change, run nothing twice, and write nothing after their time`,
  async () => {
    const random = randomFrom(SEED);
    const stop = new AbortController();
    const persecuted = persecute(randomFrom(SEED + 1), stop.signal);
    const wanted = new Map<string, string>();
    let changes = 0;
    for (const end = systemClock.now() + MINUTES * 60_000; systemClock.now() < end; ) {
      changes += 1;
      const name = `app-${Math.floor(random() * WORKLOADS)}`;
      wanted.set(name, String(changes));
      const body = { spec: { params: [{ name: 'input', value: String(changes) }] } };
      await cluster.client.patch(carto.kinds.Workload, { namespace: 'default', name }, { kind: 'merge', body });
      await systemClock.sleep(CHANGE_EVERY_MS);
    }
    stop.abort();
    const toll = await persecuted;

    for (const [name, input] of wanted) {
      await until(`${name} has run ${input}`, async () => (await runs()).includes(`${name}-runner ${input}`));
      await untilReady(cluster.client, name);
      expect(await dataOf(cluster.client, `${name}-input`)).toEqual({ input });
    }
    const made = await runs();
    const entries = await cluster.audit.since(began);
    const created = entries.filter(
      ({ objectRef, responseStatus }) =>
        responseStatus?.code === 201 &&
        objectRef?.resource === 'configmaps' &&
        objectRef.namespace === 'default' &&
        !(objectRef.name ?? '').endsWith('-input'),
    );
    process.stdout.write(
      `${JSON.stringify(toll)}, ${changes} changes, ${made.length} runs, ${created.length} created\n`,
    );
    expect(new Set(made).size).toBe(made.length);
    expect(created).toHaveLength(made.length);
    expect(replicas.unfenced(entries)).toEqual([]);
    expect(toll.killed + toll.paused + toll.stopped).toBeGreaterThanOrEqual(2 * MINUTES);
    for (const tookMs of toll.handOvers) expect(tookMs).toBeLessThan(HAND_OVER_MS);
  },
  MINUTES * 60_000 + 180_000,
);
