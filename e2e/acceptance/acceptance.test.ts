import {
  createPatientYtt,
  type EmbeddedTarget,
  loadCases,
  type Outcomes,
  runCases,
  startEmbeddedTarget,
} from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Cases at a time: they share a server and a controller, as owners of different teams do. */
const LANES = 128;

const ytt = createPatientYtt();
const isBuilt = (await ytt.render({ template: 'a: 1', values: {} }, new AbortController().signal)).kind === 'rendered';
afterAll(() => ytt.close());

/** Cases of ytt templates need a build of ytt, which needs Go. */
const cases = loadCases(import.meta.dirname).filter(({ name }) => isBuilt || !name.startsWith('ytt-'));
const CLUSTER_SCOPED = /^(Cluster|CustomResourceDefinition)/;

describe('on the embedded server', () => {
  let target: EmbeddedTarget;
  let outcomes: Outcomes;
  beforeAll(async () => {
    target = await startEmbeddedTarget({ render: ytt.render });
    outcomes = await runCases(cases, target, { lanes: LANES, signal: AbortSignal.timeout(250_000) });
  }, 300_000);
  afterAll(() => target.close());

  it.each(cases.map(({ name }) => name))('%s', (name) => {
    expect(outcomes.has(name)).toBe(true);
    const error = outcomes.get(name);
    if (error !== undefined) throw error;
  });
});

it('no two cases use the same cluster-scoped name', () => {
  const users = new Map<string, Set<string>>();
  for (const { name, steps } of cases) {
    for (const { kind, metadata } of steps.filter(({ action }) => action === 'apply').flatMap((s) => s.documents)) {
      if (!CLUSTER_SCOPED.test(kind)) continue;
      const key = `${kind}/${(metadata as { name: string }).name}`;
      users.set(key, (users.get(key) ?? new Set()).add(name));
    }
  }
  expect([...users].filter(([, names]) => names.size > 1)).toEqual([]);
});
