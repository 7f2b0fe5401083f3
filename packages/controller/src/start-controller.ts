import { carto, type KindName, TEMPLATE_KINDS } from '@cartographer/api';
import { deliverableOwner, type OwnerKind, workloadOwner } from '@cartographer/engine';
import {
  type Client,
  createEventRecorder,
  createRestMapper,
  type EventRecorder,
  type LeaderElector,
  type RestMapper,
} from '@cartographer/kube';
import { allEnded, BoundedMap, type Clock, type Log, whenAborted } from '@cartographer/machinery';
import {
  type Controller,
  type ControllerMetrics,
  candidacy,
  controllerParts,
  createController,
  createRateLimiter,
  informerParts,
  type PartTroubles,
  type Reconcile,
  type Runnable,
  type RunningParts,
  startParts,
  type WatchedCaches,
} from '@cartographer/runtime';
import type { Renderer, Shared } from './acting/effects.ts';
import { createOwnerAccess } from './acting/owner-access.ts';
import { PaceCounter } from './acting/pace.ts';
import { createReporter } from './acting/report.ts';
import { createBlueprintReconciler } from './blueprint-reconciler.ts';
import { DependencyIndex } from './caches/dependency-index.ts';
import { createKindMappings } from './caches/kind-mappings.ts';
import { createStampedCaches, type StampedCaches } from './caches/stamped-caches.ts';
import { createStaticCaches, type WatchedKind } from './caches/static-caches.ts';
import { blueprintPlan, createOwnerReconciler, type OwnerDeps, runnablePlan } from './owner-reconciler.ts';
import {
  type Woken,
  wakeByAccounts,
  wakeByBlueprints,
  wakeByDefinitions,
  wakeByItself,
  wakeByStamped,
  wakeByTemplates,
  wakeStopped,
} from './wake-ups.ts';

/** What {@link startController} needs. */
export type ControllerOptions = {
  /** Acts as the controller: reads everything, writes status, events and tokens. */
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** Owners of a kind that are worked on at the same time. */
  readonly concurrency?: number;
  readonly metrics?: ControllerMetrics;
  readonly mapper?: RestMapper;
  /** Without one, ytt templates end in a condition that says so. */
  readonly render?: Renderer;
  /**
   * Until this candidate is elected, caches are kept warm and nothing is reconciled; at a stop, the lease is given back
   * after the last write. The client has to be fenced by it.
   */
  readonly elector?: LeaderElector;
  /** Further parts that run from start to end, and parts that run only while this process leads. */
  readonly parts?: readonly Runnable[];
  readonly leaderParts?: readonly Runnable[];
};

/** A controller at work. */
export type RunningController = RunningParts;

/** What the platform writes, and no template can stamp: it is not of a namespace. */
const PLATFORM_KINDS = (Object.keys(carto.kinds) as KindName[]).filter((kind) => !carto.kinds[kind].namespaced);

const MAX_MEMORIES = 200_000;
const MAX_RENDERS = 10_000;
const DEFAULT_CONCURRENCY = 16;
/** However long something failed, its end is noticed within this time; client-go's default would be a quarter of an hour. */
const LONGEST_WAIT_MS = 45_000;

/** Starts the choreographer against a cluster: caches first, reconcilers once those are filled. */
export function startController(options: ControllerOptions): RunningController {
  const { clock, log, elector } = options;
  const stop = new AbortController();
  const parts = assemble(options, stop.signal);
  const election = elector === undefined ? [] : [candidacy(elector)];
  const { parts: further = [], leaderParts = [] } = options;
  const groups = [
    [...informerParts(parts.caches), ...further],
    election,
    [lastEvents(parts)],
    [...controllerParts(parts.controllers), ...leaderParts],
  ];
  const troubles = (): PartTroubles => [
    ...groups.flat().flatMap(({ name, trouble }) => (trouble === undefined ? [] : [[name, trouble()] as const])),
    ...parts.stamped.troubles(),
  ];
  return startParts({
    groups,
    caches: parts.caches,
    isIdle: () => parts.controllers.every((controller) => controller.isIdle()),
    troubles,
    stop,
    clock,
    log,
    metrics: options.metrics,
    elector,
  });
}

/** Sends the last events, once nothing makes new ones. */
function lastEvents({ recorders }: Pick<Parts, 'recorders'>): Runnable {
  return {
    name: 'events',
    async run(until) {
      await whenAborted(until);
      await allEnded(recorders.map((recorder) => recorder.flush()));
    },
    trouble: () => recorders.map((recorder) => recorder.trouble()).find((trouble) => trouble !== undefined),
  };
}

/** A controller as it is run and woken. */
type Loop = Woken & { readonly controller: Controller };

type Parts = {
  readonly caches: WatchedCaches;
  readonly controllers: readonly Controller[];
  readonly recorders: readonly EventRecorder[];
  readonly stamped: StampedCaches;
};

function assemble(options: ControllerOptions, signal: AbortSignal): Parts {
  const { client, clock, log, metrics, concurrency = DEFAULT_CONCURRENCY } = options;
  const caches = createStaticCaches({ client, clock, log });
  const all: Loop[] = [];
  const stamped = createStampedCaches({
    client,
    clock,
    log,
    signal,
    onEvent: (event, type, isEcho, concerns) => wakeByStamped({ event, type, isEcho, concerns }, all),
  });
  const mappings = createKindMappings(options.mapper ?? createRestMapper({ client, clock }));
  const shared: Shared = {
    caches,
    stamped,
    mappings,
    access: createOwnerAccess({ client, clock, log }),
    pace: new PaceCounter(clock),
    memories: new BoundedMap(MAX_MEMORIES),
    renders: new BoundedMap(MAX_RENDERS),
    render: options.render ?? refuseYtt,
  };
  const recorders: EventRecorder[] = [];

  const loop = (kind: Woken['kind'], reconcile: Reconcile, workers: number): Controller =>
    createController({
      name: kind.toLowerCase(),
      reconcile,
      clock,
      log,
      concurrency: workers,
      metrics,
      rateLimiter: createRateLimiter({ clock, maxMs: LONGEST_WAIT_MS }),
    });

  function addOwner(kind: OwnerDeps['kind'], templates: readonly WatchedKind[], plan: OwnerDeps['plan']): Loop {
    const recorder = createEventRecorder({ client, component: kind, clock, log });
    recorders.push(recorder);
    const own = {
      reporter: createReporter({ client, type: carto.kinds[kind], recorder }),
      dependencies: new DependencyIndex(),
    };
    const reconcile = createOwnerReconciler({ kind, shared, clock, plan, ...own });
    return add({ kind, ...own, controller: loop(kind, reconcile, concurrency) }, templates);
  }

  function addBlueprint(kind: OwnerKind): void {
    const own = {
      reporter: createReporter({ client, type: carto.kinds[kind.blueprintKind] }),
      dependencies: new DependencyIndex(),
    };
    const reconcile = createBlueprintReconciler({ kind, caches, clock, ...own });
    add(
      { kind: kind.blueprintKind, ...own, controller: loop(kind.blueprintKind, reconcile, 1) },
      TEMPLATE_KINDS[kind.blueprintKind],
    );
  }

  function add(woken: Loop, templates: readonly WatchedKind[]): Loop {
    wakeByItself(caches, woken);
    wakeByTemplates(caches, templates, woken);
    all.push(woken);
    return woken;
  }

  for (const kind of [workloadOwner, deliverableOwner]) {
    const owner = addOwner(kind.kind, TEMPLATE_KINDS[kind.blueprintKind], blueprintPlan(kind, shared));
    wakeByBlueprints(caches, kind, owner);
    addBlueprint(kind);
  }
  addOwner('Runnable', ['ClusterRunTemplate'], runnablePlan);
  wakeStopped(caches, PLATFORM_KINDS, shared.pace, all);
  wakeByAccounts(caches, all);
  wakeByDefinitions(caches, { mappings, stamped, clock, signal }, all);

  return {
    caches: caches.all(),
    controllers: all.map(({ controller }) => controller),
    recorders,
    stamped,
  };
}

const refuseYtt: Renderer = async () => ({
  kind: 'failed',
  message: 'this controller was built without ytt; install Go and run `npm run build:ytt`, or use `template:`',
});
