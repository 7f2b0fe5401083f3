import { type Client, createEventRecorder, type LeaderElector, WrittenObjects } from '@cartographer/kube';
import { type Clock, type Log } from '@cartographer/machinery';
import type { DestinationRules } from '@cartographer/oci';
import {
  type Controller,
  type ControllerMetrics,
  candidacy,
  controllerParts,
  createController,
  createRateLimiter,
  informerParts,
  type Reconcile,
  type Runnable,
  type RunningParts,
  startParts,
} from '@cartographer/runtime';
import { ServerAccess } from '../desk/server-access.ts';
import { ServerDesks } from '../desk/server-desks.ts';
import type { Fetch } from '../remote/exchange.ts';
import { BuildMemory } from './build-memory.ts';
import { createBuildReconciler } from './build-reconciler.ts';
import { createJenkinsCaches } from './jenkins-caches.ts';
import { showJenkinsMetrics } from './jenkins-metrics.ts';
import { createServerReconciler } from './server-reconciler.ts';
import { wakeByChanges } from './wake-ups.ts';

/** What {@link startJenkins} needs. */
export type JenkinsOptions = {
  /** Reads its kinds, namespaces and Secrets, writes status and finalizers, and events. */
  readonly client: Client;
  /** Where its account is. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: ControllerMetrics;
  /** Hosts that servers may be at. */
  readonly serverHosts?: readonly string[];
  readonly destinations?: DestinationRules;
  /** In the place of a network: tests count. */
  readonly fetch?: Fetch;
  /** Until this candidate is elected, nothing is triggered. The client has to be fenced by it. */
  readonly elector?: LeaderElector;
  readonly random?: () => number;
};

/** What runs builds, at work. */
export type RunningJenkins = RunningParts;

/** Builds that wait for servers wait for no processor: many are worked on at once. */
const BUILDS_AT_ONCE = 256;
const SERVERS_AT_ONCE = 32;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 600_000;
const COMPONENT = 'carto-jenkins';

/** Starts what runs builds on Jenkins: caches first, then what triggers. */
export function startJenkins(options: JenkinsOptions): RunningJenkins {
  const { clock, log, elector, metrics } = options;
  const stop = new AbortController();
  const parts = assemble(options, stop.signal);
  const groups = [informerParts(parts.caches.all()), elector === undefined ? [] : [candidacy(elector)], parts.loops];
  return startParts({
    groups,
    caches: parts.caches.all(),
    isIdle: parts.isIdle,
    stop,
    close: parts.close,
    clock,
    log,
    metrics,
    elector,
  });
}

type Parts = {
  readonly caches: ReturnType<typeof createJenkinsCaches>;
  readonly loops: readonly Runnable[];
  readonly isIdle: () => boolean;
  close(): Promise<void>;
};

function assemble(options: JenkinsOptions, signal: AbortSignal): Parts {
  const { client, clock, log, metrics, namespace, elector, serverHosts = [], destinations = {}, random } = options;
  const caches = createJenkinsCaches({ client, clock, log });
  const access = new ServerAccess({
    client,
    clock,
    namespace,
    serverHosts,
    destinations,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
  const written = { builds: new WrittenObjects(), servers: new WrittenObjects() };
  const events = createEventRecorder({
    client,
    component: COMPONENT,
    clock,
    log,
    signal,
    ...(random === undefined ? {} : { random }),
  });
  const loop = (name: string, reconcile: Reconcile, concurrency: number): Controller =>
    createController({
      name,
      reconcile,
      clock,
      log,
      concurrency,
      ...(metrics === undefined ? {} : { metrics }),
      rateLimiter: createRateLimiter({ clock, baseMs: FIRST_RETRY_MS, maxMs: LONGEST_RETRY_MS }),
    });
  const desks = new ServerDesks({
    access,
    clock,
    log,
    wake: (build) => builds.enqueue(build),
    mayChange: () => elector?.holds() ?? true,
    onChange: (server) => servers.enqueue(server),
  });
  const builds = loop(
    'jenkins-build',
    createBuildReconciler({
      caches,
      client,
      desks,
      written: written.builds,
      memory: new BuildMemory(clock),
      events,
      clock,
    }),
    BUILDS_AT_ONCE,
  );
  const servers = loop(
    'jenkins-server',
    createServerReconciler({ caches, client, desks, written: written.servers, clock }),
    SERVERS_AT_ONCE,
  );
  wakeByChanges({ caches, builds, servers, writtenBuilds: written.builds });
  if (metrics !== undefined) showJenkinsMetrics(metrics, { caches, desks });
  return {
    caches,
    loops: controllerParts([builds, servers]),
    isIdle: () => builds.isIdle() && servers.isIdle() && desks.isIdle,
    async close() {
      await desks.close();
      await events.flush();
    },
  };
}
