import { crds } from '@cartographer/api';
import {
  createPatientYtt,
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

const ytt = createPatientYtt();
let cluster: TestCluster;
beforeAll(async () => {
  // The recorder's cluster had no controller manager either.
  cluster = await startCluster({ controllerManager: false, objects: [...crds(), ...goldenCrds()] });
});
afterAll(async () => {
  await cluster.stop();
  await ytt.close();
});

describe('played to our controller on a real server, a scenario leaves what upstream left', () => {
  it.each(scenarioNames())('%s', async (name) => {
    const scenario = loadScenario(name);
    const signal = AbortSignal.timeout(110_000);
    const found = differencesOf(scenario, await playOnCluster(scenario, cluster, signal, ytt.render));
    const { unexpected, missing } = judge(found, loadAllowedDifferences(name, 'real'));
    expect(describeDifferences(unexpected), 'unexpected differences').toBe('');
    expect(describeDifferences(missing), 'allowed differences that did not occur').toBe('');
  });
});
