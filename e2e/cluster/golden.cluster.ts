import { crds } from '@cartographer/api';
import {
  describeDifferences,
  differencesOf,
  goldenCrds,
  judge,
  loadAllowedDifferences,
  loadScenario,
  playOnCluster,
  scenarioNames,
  startCluster,
  type TestCluster,
} from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** They need ytt, which the controller of this test has none of. */
const YTT = [24, 50, 51, 52, 53];

let cluster: TestCluster;
beforeAll(async () => {
  // The recorder's cluster had no controller manager either.
  cluster = await startCluster({ controllerManager: false, objects: [...crds(), ...goldenCrds()] });
});
afterAll(() => cluster.stop());

const played = scenarioNames().filter((name) => !YTT.includes(Number(name.slice(0, 2))));

describe('played to our controller on a real server, a scenario leaves what upstream left', () => {
  it.each(played)('%s', async (name) => {
    const scenario = loadScenario(name);
    const found = differencesOf(scenario, await playOnCluster(scenario, cluster, AbortSignal.timeout(110_000)));
    const { unexpected, missing } = judge(found, loadAllowedDifferences(name));
    expect(describeDifferences(unexpected), 'unexpected differences').toBe('');
    expect(describeDifferences(missing), 'allowed differences that did not occur').toBe('');
  });
});
