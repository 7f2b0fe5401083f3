import { afterAll, describe, expect, it } from 'vitest';
import { createPatientYtt } from '../patient-ytt.ts';
import { describeDifferences, differencesOf, judge, loadAllowedDifferences } from './differences.ts';
import { play } from './play.ts';
import { loadScenario, scenarioNames } from './scenario.ts';

const ytt = createPatientYtt();
afterAll(() => ytt.close());

describe('played to our controller, a scenario leaves what upstream left', () => {
  it.each(scenarioNames())('%s', async (name) => {
    const scenario = loadScenario(name);
    const found = differencesOf(scenario, await play(scenario, AbortSignal.timeout(250_000), ytt.render));
    const { unexpected, missing } = judge(found, loadAllowedDifferences(name));
    expect(describeDifferences(unexpected), 'unexpected differences').toBe('');
    expect(describeDifferences(missing), 'allowed differences that did not occur').toBe('');
  });
});
