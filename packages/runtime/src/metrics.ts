import type { DropReason } from '@cartographer/machinery';
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { QueueObserver } from './work-queue.ts';

/** Metrics of controllers and their queues, under the names that controller-runtime and client-go use. */
export interface ControllerMetrics {
  queue(controller: string): QueueObserver;
  concurrency(controller: string, workers: number): void;
  active(controller: string, workers: number): void;
  retried(controller: string): void;
  reconciled(controller: string, result: string, durationMs: number): void;
  /** Whether this process leads, under the name of its lease. */
  leads(lease: string, leads: boolean): void;
  /** Where to read, for each part that goes on trying when it fails, how many milliseconds it has been failing; 0 when it works. */
  failing(read: () => ReadonlyMap<string, number>): void;
  /** A gauge of a part's own, read whenever metrics are asked for: what is not given any more is not shown any more. */
  gauge(named: NamedGauge, read: () => Iterable<Sample>): void;
  /** A connection of one of our servers had to go: others needed its room, or it was too slow. */
  dropped(server: string, reason: DropReason): void;
  /** Text in Prometheus' exposition format, and its content type. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>;
  readonly registry: Registry;
}

/** Name and labels of a gauge, in Prometheus' manner. */
export type NamedGauge = {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
};

/** One value of a gauge. */
export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

const RESULTS: Readonly<Record<string, string>> = {
  done: 'success',
  again: 'requeue_after',
  after: 'requeue_after',
  retry: 'requeue',
  never: 'error',
  error: 'error',
  bug: 'error',
};

const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Makes the metrics with a registry of their own: two controllers in one process never collide. */
export function createControllerMetrics(): ControllerMetrics {
  const registry = new Registry();
  const registers = [registry];
  const controller = ['controller'] as const;
  const named = ['name'] as const;
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Total number of reconciliations per controller',
    labelNames: ['controller', 'result'],
    registers,
  });
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Total number of reconciliation errors per controller',
    labelNames: controller,
    registers,
  });
  const panics = new Counter({
    name: 'controller_runtime_reconcile_panics_total',
    help: 'Total number of reconciliations that failed by a bug, per controller',
    labelNames: controller,
    registers,
  });
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of time per reconciliation per controller',
    labelNames: controller,
    buckets: SECONDS,
    registers,
  });
  const max = new Gauge({
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Maximum number of concurrent reconciles per controller',
    labelNames: controller,
    registers,
  });
  const workers = new Gauge({
    name: 'controller_runtime_active_workers',
    help: 'Number of currently used workers per controller',
    labelNames: controller,
    registers,
  });
  const adds = new Counter({
    name: 'workqueue_adds_total',
    help: 'Total number of adds handled by workqueue',
    labelNames: named,
    registers,
  });
  const depth = new Gauge({
    name: 'workqueue_depth',
    help: 'Current depth of workqueue',
    labelNames: named,
    registers,
  });
  const waited = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long in seconds an item stays in workqueue before being requested',
    labelNames: named,
    buckets: SECONDS,
    registers,
  });
  const worked = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long in seconds processing an item from workqueue takes',
    labelNames: named,
    buckets: SECONDS,
    registers,
  });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Total number of retries handled by workqueue',
    labelNames: named,
    registers,
  });
  const leader = new Gauge({
    name: 'leader_election_master_status',
    help: 'Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master',
    labelNames: named,
    registers,
  });
  let readFailing = (): ReadonlyMap<string, number> => new Map();
  const failing: Gauge<'part'> = new Gauge({
    name: 'cartographer_part_failing_seconds',
    help: 'How long a part of the process has been failing while it goes on trying, 0 when it works',
    labelNames: ['part'],
    registers,
    collect() {
      failing.reset(); // a part may be gone
      for (const [part, ms] of readFailing()) failing.set({ part }, ms / 1000);
    },
  });
  const drops = new Counter({
    name: 'cartographer_connections_dropped_total',
    help: 'Connections that a server ended: there were too many (limit), or the TLS handshake took too long (handshake)',
    labelNames: ['server', 'reason'],
    registers,
  });
  for (const server of ['webhooks', 'metrics']) drops.inc({ server, reason: 'limit' }, 0);
  drops.inc({ server: 'webhooks', reason: 'handshake' }, 0);

  return {
    registry,
    queue(name) {
      adds.inc({ name }, 0);
      retries.inc({ name }, 0);
      depth.set({ name }, 0);
      for (const result of new Set(Object.values(RESULTS))) total.inc({ controller: name, result }, 0);
      errors.inc({ controller: name }, 0);
      panics.inc({ controller: name }, 0);
      return {
        added() {
          adds.inc({ name });
          depth.inc({ name });
        },
        taken(waitedMs) {
          depth.dec({ name });
          waited.observe({ name }, waitedMs / 1000);
        },
        finished: (workedMs) => worked.observe({ name }, workedMs / 1000),
      };
    },
    concurrency: (name, count) => max.set({ controller: name }, count),
    active: (name, count) => workers.set({ controller: name }, count),
    retried: (name) => retries.inc({ name }),
    reconciled(name, kind, durationMs) {
      const result = RESULTS[kind] ?? 'error';
      total.inc({ controller: name, result });
      if (result === 'error') errors.inc({ controller: name });
      if (kind === 'bug') panics.inc({ controller: name });
      time.observe({ controller: name }, durationMs / 1000);
    },
    gauge({ name, help, labels }, read) {
      const gauge: Gauge<string> = new Gauge({
        name,
        help,
        labelNames: labels,
        registers,
        collect() {
          gauge.reset();
          for (const sample of read()) gauge.set(sample.labels, sample.value);
        },
      });
    },
    failing: (read) => void (readFailing = read),
    leads: (name, leads) => leader.set({ name }, leads ? 1 : 0),
    dropped: (server, reason) => drops.inc({ server, reason }),
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
