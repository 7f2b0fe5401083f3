import { type OwnerKind, planBlueprint } from '@cartographer/engine';
import { type Clock, rfc3339 } from '@cartographer/machinery';
import { done, type Reconcile } from '@cartographer/runtime';
import type { Reporter } from './acting/report.ts';
import type { DependencyIndex } from './caches/dependency-index.ts';
import type { StaticCaches } from './caches/static-caches.ts';
import { templateKey } from './owner-reconciler.ts';

/** What a reconciler of ClusterSupplyChains or ClusterDeliveries needs. */
export type BlueprintDeps = {
  readonly kind: OwnerKind;
  readonly caches: StaticCaches;
  readonly reporter: Reporter;
  readonly dependencies: DependencyIndex;
  readonly clock: Clock;
};

/** Says on a blueprint whether the templates that it names exist. */
export function createBlueprintReconciler({ kind, caches, reporter, dependencies, clock }: BlueprintDeps): Reconcile {
  return async (key, { cutOff }) => {
    const cached = caches.informer(kind.blueprintKind).get(key);
    if (cached === undefined) {
      dependencies.delete(key);
      reporter.forget(key);
      return done;
    }
    const blueprint = reporter.latest(cached);
    const planned = planBlueprint({ kind, blueprint, template: caches.template, now: rfc3339(clock.now()) });
    dependencies.set(
      key,
      planned.templates.map((template) => templateKey(template.kind, template.name)),
    );
    if (planned.statusChanged) await reporter.status(blueprint, planned.status, cutOff);
    return done;
  };
}
