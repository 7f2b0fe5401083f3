import { STEP_STATES } from '@cartographer/api';
import type { Json, KubeObject } from '@cartographer/machinery';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { workload } from '../testing/builders.ts';
import { pathGraph } from './path-graph.ts';

const NAMES = ['a', 'b', 'c', '__proto__'];
const name = fc.constantFrom(...NAMES);
const odd = fc.jsonValue({ maxDepth: 2 });
const mostly = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | fc.JsonValue> =>
  fc.oneof({ arbitrary: value, weight: 9 }, { arbitrary: odd, weight: 1 });

const condition = fc.record(
  {
    type: mostly(fc.constantFrom('ResourceSubmitted', 'ResourcesSubmitted', 'Healthy', 'Ready', 'SupplyChainReady')),
    status: mostly(fc.constantFrom('True', 'False', 'Unknown')),
    reason: mostly(
      fc.constantFrom(
        'TemplateStampFailure',
        'WaitingForInput',
        'StepRefused',
        'PassThrough',
        'MissingValueAtPath',
        'NotObserved',
        'ReadyCondition',
        'Unknown',
      ),
    ),
    message: mostly(
      fc.oneof(
        fc.constant('forbidden'),
        fc
          .tuple(name, fc.constantFrom(...STEP_STATES, 'odd'))
          .map(([step, state]) => `waits for step [${step}], which is ${state}: x`),
      ),
    ),
    lastTransitionTime: mostly(fc.constant('2026-01-01T00:00:00Z')),
  },
  { requiredKeys: [] },
);
const list = <T>(item: fc.Arbitrary<T>) => mostly(fc.array(mostly(item), { maxLength: 4 }));
const entry = fc.record(
  {
    name: mostly(name),
    inputs: list(fc.record({ name: mostly(name) })),
    outputs: list(
      fc.record(
        { name: mostly(fc.constantFrom('url', 'revision', 'image', 'config')), preview: mostly(fc.string()) },
        { requiredKeys: [] },
      ),
    ),
    templateRef: mostly(fc.record({ kind: mostly(name), name: mostly(name) })),
    stampedRef: mostly(fc.record({ kind: mostly(name), name: mostly(name) })),
    conditions: list(condition),
  },
  { requiredKeys: [] },
);
const status = mostly(
  fc.record(
    { conditions: list(condition), resources: list(entry), supplyChainRef: odd, observedGeneration: odd },
    { requiredKeys: [] },
  ),
);
const reference = fc.record({ name: mostly(name), resource: mostly(name) }, { requiredKeys: [] });
const step = fc.record(
  {
    name: mostly(name),
    templateRef: mostly(
      fc.record(
        { kind: odd, name: mostly(name), options: list(fc.record({ name: mostly(name) })) },
        { requiredKeys: [] },
      ),
    ),
    sources: list(reference),
    images: list(reference),
    configs: list(reference),
    deployment: mostly(reference),
  },
  { requiredKeys: [] },
);
const blueprint = fc.option(
  fc.record({ spec: mostly(fc.record({ resources: list(step) })) }).map(
    (fields): KubeObject => ({
      apiVersion: 'carto.run/v1alpha1',
      kind: 'ClusterSupplyChain',
      metadata: { name: 'web' },
      ...(fields as { spec: Json }),
    }),
  ),
  { nil: undefined },
);
const scene = fc.record({ blueprint, owner: status.map((found) => ({ ...workload('shop'), status: found as Json })) });

describe('a graph of whatever stands in a status', () => {
  test('is total, says the same of the same, and names each step once', () => {
    fc.assert(
      fc.property(scene, ({ blueprint: found, owner }) => {
        const graph = pathGraph(found, owner);
        expect(pathGraph(structuredClone(found), structuredClone(owner))).toEqual(graph);
        const steps = graph.nodes.map((node) => node.step);
        expect(new Set(steps).size).toBe(steps.length);
      }),
    );
  });

  test('has edges and waits between steps that are there only', () => {
    fc.assert(
      fc.property(scene, ({ blueprint: found, owner }) => {
        const { nodes, edges } = pathGraph(found, owner);
        const steps = new Set(nodes.map((node) => node.step));
        for (const { from, to } of edges) expect([steps.has(from), steps.has(to)]).toEqual([true, true]);
        for (const { step: own, state, waitsFor } of nodes) {
          if (waitsFor === undefined) continue;
          expect(steps.has(waitsFor)).toBe(true);
          expect([waitsFor === own, state]).toEqual([false, 'waiting']);
        }
      }),
    );
  });

  test('is no better than the worst step that waits for no other, once the owner is looked at', () => {
    const order = ['failed', 'refused', 'blocked', 'waiting', 'running', 'skipped', 'ready'];
    const rank = (state: string): number => Math.min(order.indexOf(state), order.indexOf('skipped'));
    fc.assert(
      fc.property(scene, ({ blueprint: found, owner }) => {
        const looked = {
          ...(owner.status as object),
          conditions: [{ type: 'Ready', status: 'True', reason: 'Ready', message: '' }],
        };
        const { state, nodes } = pathGraph(found, { ...owner, status: { ...looked, observedGeneration: 1 } });
        const worst = Math.min(
          order.indexOf('skipped'),
          ...nodes.filter(({ waitsFor }) => waitsFor === undefined).map((node) => rank(node.state)),
        );
        expect(rank(state)).toBe(worst);
      }),
    );
  });

  test('has whose move it is for each step that is not through, and what says why', () => {
    fc.assert(
      fc.property(scene, ({ blueprint: found, owner }) => {
        for (const { state, reason, move, next } of pathGraph(found, owner).nodes) {
          if (state === 'ready' || state === 'skipped') expect([reason, move, next]).toEqual(['', 'nobody', undefined]);
          if (move !== 'nobody') expect(next).toEqual(expect.any(String));
        }
      }),
    );
  });
});

test('twenty thousand steps, each reading from the one before, are one look', () => {
  const resources = Array.from({ length: 20_000 }, (_, i) => ({
    name: `s${i}`,
    inputs: [{ name: `s${i - 1}` }],
    conditions: [{ type: 'ResourceSubmitted', status: 'False', reason: 'TemplateStampFailure', message: '' }],
  })).toReversed();
  const { nodes } = pathGraph(undefined, { ...workload('shop'), status: { resources } });
  expect(nodes[0]).toMatchObject({ step: 's19999', state: 'waiting', waitsFor: 's0' });
});
