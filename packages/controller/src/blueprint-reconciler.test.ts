import { deliverableOwner, type OwnerKind, workloadOwner } from '@cartographer/engine';
import { type JsonObject, type KubeObject, silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import type { Reporter } from './acting/report.ts';
import { createBlueprintReconciler } from './blueprint-reconciler.ts';
import { DependencyIndex } from './caches/dependency-index.ts';
import type { StaticCaches } from './caches/static-caches.ts';

const CHAIN: KubeObject = {
  apiVersion: 'carto.run/v1alpha1',
  kind: 'ClusterSupplyChain',
  metadata: { name: 'web', uid: 'u', generation: 3 },
  spec: {
    selector: { a: 'b' },
    resources: [
      { name: 'source', templateRef: { kind: 'ClusterSourceTemplate', name: 's' } },
      { name: 'image', templateRef: { kind: 'ClusterImageTemplate', options: [{ name: 'i1' }, { name: 'i2' }] } },
    ],
  },
};
const ALL = ['ClusterSourceTemplate s', 'ClusterImageTemplate i1', 'ClusterImageTemplate i2'];

type Told = { readonly generation: number | undefined; readonly status: JsonObject; readonly signal: AbortSignal };

/** A reconciler of one blueprint, in a cluster that has these templates. */
function reconciling(there: readonly string[], cached: KubeObject | 'gone' = CHAIN, kind: OwnerKind = workloadOwner) {
  const told: Told[] = [];
  const forgotten: string[] = [];
  const kinds: string[] = [];
  const dependencies = new DependencyIndex();
  const written: { latest?: KubeObject; failure?: Error } = {};
  const reporter = {
    latest: (object: KubeObject) => written.latest ?? object,
    forget: (key: string) => void forgotten.push(key),
    async status(object: KubeObject, status: JsonObject, signal: AbortSignal) {
      if (written.failure !== undefined) throw written.failure;
      told.push({ generation: object.metadata.generation, status, signal });
      written.latest = { ...object, status };
    },
  } as unknown as Reporter;
  const caches = {
    informer(name: string) {
      kinds.push(name);
      return { get: (key: string) => (key === 'web' && cached !== 'gone' ? cached : undefined) };
    },
    template: ({ kind: of, name }: { kind: string; name: string }) =>
      there.includes(`${of} ${name}`) ? CHAIN : undefined,
  } as unknown as StaticCaches;
  const reconcile = createBlueprintReconciler({ kind, caches, reporter, dependencies, clock: createFakeClock(0) });
  const cutOff = new AbortController().signal;
  const run = () => reconcile('web', { log: silentLog, signal: new AbortController().signal, cutOff });
  return { run, told, forgotten, kinds, dependencies, written, cutOff };
}

const readiness = (told: readonly Told[]): readonly unknown[] =>
  told.map(({ generation, status }) => {
    const ready = (status['conditions'] as readonly JsonObject[]).find(({ type }) => type === 'Ready');
    return [generation, status['observedGeneration'], ready?.['status'], ready?.['reason']];
  });

describe('a blueprint', () => {
  it('says whether all its templates are there, once for each answer, to whoever is not cut off', async () => {
    const complete = reconciling(ALL);
    expect(await complete.run()).toEqual({ kind: 'done' });
    expect(readiness(complete.told)).toEqual([[3, 3, 'True', 'Ready']]);
    expect(complete.told[0]?.signal).toBe(complete.cutOff);
    await complete.run();
    expect(complete.told).toHaveLength(1);

    const lacking = reconciling(ALL.slice(0, 2));
    await lacking.run();
    expect(readiness(lacking.told)).toEqual([[3, 3, 'False', 'TemplatesNotFound']]);
  });

  it('depends on its templates, there or not, those of options too', async () => {
    for (const there of [ALL, []]) {
      const { run, dependencies } = reconciling(there);
      await run();
      expect(dependencies.dependencies('web')).toEqual(ALL.map((template) => `template ${template}`));
    }
  });

  it('depends on them even where its status cannot be written, and the failure is thrown', async () => {
    const { run, written, dependencies } = reconciling(ALL);
    written.failure = new Error('no answer');
    await expect(run()).rejects.toThrow('no answer');
    expect(dependencies.dependencies('web')).toHaveLength(3);
  });

  it('that is gone is forgotten, and so is what it depended on', async () => {
    const { run, told, forgotten, dependencies } = reconciling(ALL, 'gone');
    dependencies.set('web', ['x']);
    dependencies.set('other', ['x']);
    expect(await run()).toEqual({ kind: 'done' });
    expect([told, forgotten, dependencies.dependencies('web')]).toEqual([[], ['web'], []]);
    expect([...dependencies.dependents('x')]).toEqual(['other']);
  });

  it.each([
    [workloadOwner, 'ClusterSupplyChain'],
    [deliverableOwner, 'ClusterDelivery'],
  ])('is looked for among those of its kind: %#', async (kind, expected) => {
    const { run, kinds } = reconciling(ALL, CHAIN, kind);
    await run();
    expect(kinds).toEqual([expected]);
  });
});
