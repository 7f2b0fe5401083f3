import { join } from 'node:path';
import { createRestMapper, systemClock } from '@cartographer/kube';
import { goldenCrds, loadCases, type Outcomes, runCases, startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installCarto, startCartoController } from './carto.ts';

/** Cases at a time: they share a server and a controller, as owners of different teams do. */
const LANES = 24;
/** The garbage collector looks for new kinds every 30 s. */
const DEADLINE_MS = 75_000;

/** What cannot hold here. */
const NOT_HERE: Readonly<Record<string, string>> = {
  'params-structured': 'integers beyond 64 bits: a real server keeps them as doubles, the embedded one exactly',
  'runnable-outputs': 'as params-structured',
};
/** Refusals need webhooks that the server can reach: see install.cluster.ts. */
const cases = loadCases(join(import.meta.dirname, '../acceptance')).filter(
  ({ name }) => !name.startsWith('refused-') && NOT_HERE[name] === undefined,
);

describe('on a real server, the acceptance case', () => {
  let cluster: TestCluster;
  let outcomes: Outcomes;
  beforeAll(async () => {
    cluster = await startCluster({ objects: goldenCrds() });
    await installCarto(cluster);
    await startCartoController(cluster);
    const { client } = cluster;
    const mapper = createRestMapper({ client, clock: systemClock, missTtlMs: 0 });
    const waiting = { kind: 'poll', clock: systemClock, deadlineMs: DEADLINE_MS } as const;
    const signal = AbortSignal.timeout(280_000);
    outcomes = await runCases(cases, { client, mapper, waiting }, { lanes: LANES, signal });
  }, 290_000);
  afterAll(() => cluster.stop());

  it.each(cases.map(({ name }) => name))('%s', (name) => {
    expect(outcomes.has(name)).toBe(true);
    const error = outcomes.get(name);
    if (error !== undefined) throw error;
  });
});
