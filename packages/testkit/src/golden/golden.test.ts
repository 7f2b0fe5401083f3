import { crds } from '@cartographer/api';
import { createApiServer } from '@cartographer/apiserver';
import { startController } from '@cartographer/controller';
import { createClient, createInProcessTransport } from '@cartographer/kube';
import { silentLog } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../fake-clock.ts';
import { compareSnapshots, describeDifferences, judge, loadAllowedDifferences } from './differences.ts';
import { replay } from './replay.ts';
import { goldenCrds, loadScenario, scenarioNames } from './scenario.ts';
import type { Scenario, Snapshot } from './scenario.ts';
import { untilQuiet } from './settle.ts';
import { withDigest } from './snapshot.ts';

/** The scenarios whose kinds and features exist, by number. */
const PLAYED = new Set([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 17, 18, 37, 39, 40]);

const played = scenarioNames().filter((name) => PLAYED.has(Number(name.slice(0, 2))));

/** Plays a scenario to a cluster and controller of its own. */
async function play(scenario: Scenario, signal: AbortSignal): Promise<readonly Snapshot[]> {
  const clock = createFakeClock();
  const server = await createApiServer({ customResources: [...crds(), ...goldenCrds()], clock, log: silentLog });
  const transport = createInProcessTransport((request) => server.request(request), server.adminToken);
  const client = createClient({ transport, clock });
  const controller = startController({ client, clock, log: silentLog });
  try {
    await controller.ready;
    return await replay(scenario, { client, settled: untilQuiet(client, controller, clock), signal });
  } finally {
    await controller.stop();
    await server.close();
  }
}

describe('played to our controller, a scenario leaves what upstream left', () => {
  it.each(played)('%s', async (name) => {
    const scenario = loadScenario(name);
    const ours = await play(scenario, AbortSignal.timeout(25_000));
    const found = scenario.recorded.flatMap((recorded, index) => {
      const snapshot = ours[index] ?? { step: recorded.step, owners: [], blueprints: [], objects: [], events: [] };
      return compareSnapshots({ ...recorded, objects: recorded.objects.map(withDigest) }, snapshot);
    });
    const { unexpected, missing } = judge(found, loadAllowedDifferences(name));
    expect(describeDifferences(unexpected), 'unexpected differences').toBe('');
    expect(describeDifferences(missing), 'allowed differences that did not occur').toBe('');
  });
});
