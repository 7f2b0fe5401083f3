import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVENT_REASONS, type Explanations, REASONS } from '@cartographer/api';
import { isList, isObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { loadAllowedDifferences } from '../golden/differences.ts';
import { loadScenario, scenarioNames } from '../golden/scenario.ts';
import { loadCases } from './acceptance-case.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');

/**
 * Reasons that no scenario can reach on an embedded server, each with the unit test that reaches it: a file, and words
 * that stand in it. The words are looked for, so that the list cannot outlive the tests.
 */
const UNIT_TESTS: Readonly<Record<string, readonly [file: string, words: string]>> = {
  'ResourceSubmitted TooManyWrites': [
    'packages/engine/src/stand/stand-mutable.test.ts',
    'ResourceSubmitted False TooManyWrites: resource [only] stopped after restoring',
  ],
  'ResourcesSubmitted TooManyWrites': [
    'packages/controller/src/circuit-breaker.test.ts',
    "toBe('False TooManyWrites')",
  ],
  'RunTemplateReady TooManyWrites': [
    'packages/controller/src/bad-input.test.ts',
    'RunTemplateReady False TooManyWrites',
  ],
  'ResourcesSubmitted ServiceAccountTokenError': [
    'packages/controller/src/bad-input.test.ts',
    'ResourcesSubmitted False ServiceAccountTokenError',
  ],
  'RunTemplateReady ServiceAccountTokenError': [
    'packages/controller/src/bad-input.test.ts',
    'RunTemplateReady False ServiceAccountTokenError',
  ],
  ...Object.fromEntries(
    [
      'WorkloadLabelsMissing',
      'DeliverableLabelsMissing',
      'MultipleSupplyChainMatches',
      'MultipleDeliveryMatches',
      'TemplateStampFailure',
      'TemplateRejectedByAPIServer',
    ].map((reason) => [
      `Warning ${reason}`,
      ['packages/engine/src/stand/advice.test.ts', `Warning ${reason}: `] as const,
    ]),
  ),
  // Admission refuses such a selector; it can only come from before there were webhooks.
  'SelectorReady InvalidSelector': [
    'packages/engine/src/plan/plan-blueprint.test.ts',
    'SelectorReady False InvalidSelector',
  ],
};

/** Pairs of type and reason, as `type reason`, of everything that looks like a condition or an event. */
function reasonsIn(value: unknown, found: Set<string>): void {
  if (isList(value)) for (const item of value) reasonsIn(item, found);
  if (!isObject(value)) return;
  const { type, reason } = value;
  if (typeof reason === 'string') found.add(`${typeof type === 'string' ? type : '?'} ${reason}`);
  for (const item of Object.values(value)) reasonsIn(item, found);
}

function reachedByGolden(): ReadonlySet<string> {
  const found = new Set<string>();
  for (const name of scenarioNames()) {
    reasonsIn(loadScenario(name).recorded, found);
    // What the recording lacks and we write on purpose.
    for (const { ours } of loadAllowedDifferences(name)) reasonsIn(ours, found);
  }
  return found;
}

function reachedByCases(): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { steps } of loadCases(join(ROOT, 'e2e', 'acceptance'))) {
    for (const { action, documents } of steps) if (action === 'assert') reasonsIn(documents, found);
  }
  return found;
}

const explained = Object.entries<Explanations>({ ...REASONS, ...EVENT_REASONS }).flatMap(([type, reasons]) =>
  Object.entries(reasons).map(([reason, { unwritten }]) => ({ pair: `${type} ${reason}`, unwritten })),
);
const all = explained.map(({ pair }) => pair);
/** Pairs of upstream's vocabulary that upstream cannot reach either. */
const unwritten = explained.filter((entry) => entry.unwritten !== undefined).map(({ pair }) => pair);

describe('every reason in the code', () => {
  const golden = reachedByGolden();
  const cases = reachedByCases();

  it('is reached by a recorded scenario, an acceptance case or a unit test', () => {
    const missing = all.filter(
      (pair) => !golden.has(pair) && !cases.has(pair) && !(pair in UNIT_TESTS) && !unwritten.includes(pair),
    );
    expect(missing).toEqual([]);
  });

  it.each(Object.entries(UNIT_TESTS))('%s is in the test that is said to reach it', (_pair, [file, words]) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(words);
  });

  it('stands in no list without need', () => {
    const idle = [...Object.keys(UNIT_TESTS), ...unwritten].filter(
      (pair) => !all.includes(pair) || golden.has(pair) || cases.has(pair),
    );
    expect(idle).toEqual([]);
  });
});
