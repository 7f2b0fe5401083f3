import {
  type Cluster,
  type Dependencies,
  type OwnerKind,
  type Plan,
  plan,
  planRunnable,
  type Settled,
} from '@cartographer/engine';
import {
  CartoError,
  type Clock,
  type KubeObject,
  objectKey,
  qualifiedResource,
  rfc3339,
} from '@cartographer/machinery';
import { done, type Next, type Reconcile } from '@cartographer/runtime';
import { beginEffects, type Effects, type Shared } from './acting/effects.ts';
import type { Reporter } from './acting/report.ts';
import type { DependencyIndex } from './caches/dependency-index.ts';

/** A chain of n steps needs n + 1 rounds of writes; lookups, retries as a dry run and deletes come on top. */
const MAX_ROUNDS = 1_000;

/** What a reconciler of Workloads, Deliverables or Runnables needs. */
export type OwnerDeps = {
  readonly kind: 'Workload' | 'Deliverable' | 'Runnable';
  readonly shared: Shared;
  readonly reporter: Reporter;
  readonly dependencies: DependencyIndex;
  readonly clock: Clock;
  /** Decides for one owner by what is known so far. */
  readonly plan: (owner: KubeObject, cluster: Cluster, now: string) => Plan;
};

/**
 * Brings one owner as far as the world allows: observe (caches), decide (the plan), act (its writes), again with the
 * answers, until the plan asks for nothing; then report once.
 */
export function createOwnerReconciler({ kind, shared, reporter, dependencies, clock, plan }: OwnerDeps): Reconcile {
  return async (key, { log, signal, cutOff }) => {
    const holder = `${kind}/${key}`;
    const cached = shared.caches.informer(kind).get(key);
    if (cached === undefined) {
      dependencies.delete(key);
      reporter.forget(key);
      shared.stamped.release(holder);
      return done;
    }
    const owner = reporter.latest(cached);
    const effects = beginEffects(shared, holder);
    const now = rfc3339(clock.now());
    const settled = await settle(() => plan(owner, effects.cluster, now), effects, { signal, cutOff });

    effects.settled(owner);
    dependencies.set(key, dependencyKeys(settled.dependencies));
    for (const { key: name, memory } of settled.remember) shared.memories.set(name, memory);
    reporter.events(owner, settled.events);
    if (settled.statusChanged && settled.status !== undefined) {
      await reporter.status(owner, settled.status, cutOff);
      shared.pace.count(holder, '', 'reported');
    }
    log.debug({ statusChanged: settled.statusChanged, retry: settled.retry.kind }, `${kind} reconciled`);
    return nextOf(settled);
  };
}

/** Decides for owners that a blueprint is chosen for. */
export function blueprintPlan(kind: OwnerKind, shared: Shared): OwnerDeps['plan'] {
  return (owner, cluster, now) =>
    plan({
      kind,
      owner,
      blueprints: shared.caches.blueprints(kind.blueprintKind),
      cluster,
      // Looked up when the plan gets that far: most rounds end before they look for orphans.
      get owned() {
        return owner.metadata.uid === undefined ? [] : shared.stamped.ownedBy(owner.metadata.uid);
      },
      now,
    });
}

/** Decides for Runnables. */
export const runnablePlan: OwnerDeps['plan'] = (owner, cluster, now) => planRunnable({ owner, cluster, now });

/**
 * Plans and acts until the plan asks for nothing more.
 * @throws CartoError `CARTO_PLAN_UNSETTLED` when it never does, which would be a bug of the plan.
 */
async function settle(
  next: () => Plan,
  effects: Effects,
  { signal, cutOff }: { readonly signal: AbortSignal; readonly cutOff: AbortSignal },
): Promise<Settled> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const planned = next();
    if (planned.kind === 'settled') return planned;
    await effects.act(planned, cutOff); // a stop does not break off a write
    signal.throwIfAborted();
  }
  throw new CartoError(
    'CARTO_PLAN_UNSETTLED',
    `the plan still asks for something after ${MAX_ROUNDS} rounds; please report it`,
  );
}

/** How the loop goes on: what the plan says is retried quietly, since its condition already tells the user. */
function nextOf({ retry }: Settled): Next {
  if (retry.kind === 'after') return { kind: 'again', afterMs: retry.afterMs };
  if (retry.kind === 'none') return done;
  return { kind: 'retry', ...(retry.atLeastMs === undefined ? {} : { atLeastMs: retry.atLeastMs }) };
}

/** The things that a plan looked at, as keys of the {@link DependencyIndex}. */
function dependencyKeys(dependencies: Dependencies): readonly string[] {
  const { blueprint, templates, account, unknownKinds, selected } = dependencies;
  return [
    ...(blueprint === undefined ? [] : [blueprintKey(blueprint)]),
    ...templates.map((template) => templateKey(template.kind, template.name)),
    ...(account === undefined ? [] : [accountKey(account.namespace, account.name)]),
    ...unknownKinds.map(({ apiVersion }) => unknownKindKey(apiVersion.split('/')[0] ?? '')),
    ...selected.map(({ type }) => selectedKey(qualifiedResource(type))),
  ];
}

/** Keys of the {@link DependencyIndex}: one spelling for those who depend and for those who wake. */
export const blueprintKey = (name: string): string => `blueprint ${name}`;
export const templateKey = (kind: string, name: string): string => `template ${kind} ${name}`;
export const accountKey = (namespace: string, name: string): string => `account ${objectKey({ namespace, name })}`;
export const unknownKindKey = (group: string): string => `unknown kinds of ${group}`;
export const selectedKey = (resource: string): string => `selected ${resource}`;
