import { describe, expect, it } from 'vitest';
import { describeDifferences, differencesOf, judge, loadAllowedDifferences } from './differences.ts';
import { play } from './play.ts';
import { loadScenario, scenarioNames } from './scenario.ts';

/** What cannot be right yet, by number, and what it waits for. */
const NOT_YET: Readonly<Record<number, string>> = {
  24: 'ytt',
  50: 'ytt',
  51: 'ytt',
  52: 'ytt',
  53: 'ytt',
};

const played = scenarioNames().filter((name) => !(Number(name.slice(0, 2)) in NOT_YET));

describe('played to our controller, a scenario leaves what upstream left', () => {
  it.each(played)('%s', async (name) => {
    const scenario = loadScenario(name);
    const found = differencesOf(scenario, await play(scenario, AbortSignal.timeout(25_000)));
    const { unexpected, missing } = judge(found, loadAllowedDifferences(name));
    expect(describeDifferences(unexpected), 'unexpected differences').toBe('');
    expect(describeDifferences(missing), 'allowed differences that did not occur').toBe('');
  });
});
