import { carto, LABELS } from '@cartographer/api';
import { pathGraph } from '@cartographer/engine';
import { type Client, createInformer } from '@cartographer/kube';
import { type Clock, type Log, objectKey } from '@cartographer/machinery';
import { scanningKinds } from '@cartographer/scanning';
import { type Flow, noteOf } from './live-view.ts';
import { appUrls, KNATIVE_SERVICES } from './running-apps.ts';

/** What flows, kept current by watches. */
export interface Flows {
  all(): readonly Flow[];
  /** Addresses of running apps, by the key of the workload that they belong to. */
  urls(): ReadonlyMap<string, string>;
  /** What is wrong with a source of advisories, by its name. */
  notes(): ReadonlyMap<string, string>;
  onChange(listener: () => void): void;
}

/** Watches workloads and the apps they became, until the signal is aborted. */
export function watchFlows(deps: {
  client: Client;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  apps: boolean;
}): Flows {
  const { client, clock, log, signal, apps } = deps;
  const workloads = createInformer({ client, clock, log, type: carto.kinds.Workload });
  const sources = createInformer({ client, clock, log, type: scanningKinds.ClusterVulnerabilitySource });
  const services = createInformer({ client, clock, log, type: KNATIVE_SERVICES, labelSelector: LABELS.workloadName });
  for (const informer of apps ? [workloads, sources, services] : [workloads, sources]) {
    void informer.run(signal).catch((error: unknown) => {
      if (!signal.aborted) log.error({ err: error }, 'the live view lost its watch');
    });
  }
  return {
    all: () =>
      workloads
        .list()
        .map((workload) => ({ key: objectKey(workload.metadata), graph: pathGraph(undefined, workload) }))
        .toSorted((left, right) => left.key.localeCompare(right.key)),
    urls: () => appUrls(services.list()),
    notes: () =>
      new Map(
        sources.list().flatMap((source) => {
          const note = noteOf(source);
          return note === undefined ? [] : [[source.metadata.name ?? '', note] as const];
        }),
      ),
    onChange(listener) {
      for (const informer of [workloads, sources, services]) informer.onEvent(listener);
    },
  };
}
