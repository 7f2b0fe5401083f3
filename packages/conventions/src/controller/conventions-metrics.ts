import { findCondition } from '@cartographer/machinery';
import type { ControllerMetrics } from '@cartographer/runtime';
import type { CallCounts } from './call-counts.ts';
import type { ConventionsCaches } from './conventions-caches.ts';
import { statusOf } from './intent-status.ts';

/** Shows how intents stand, and how convention servers answer; queues and reconciles are shown by the controllers. */
export function showConventionsMetrics(
  metrics: Pick<ControllerMetrics, 'gauge'>,
  { caches, counts }: { readonly caches: ConventionsCaches; readonly counts: CallCounts },
): void {
  metrics.gauge(
    { name: 'carto_conventions_intents', help: 'PodIntents by their condition Ready', labels: ['ready', 'reason'] },
    () => {
      const found = new Map<string, { readonly labels: { ready: string; reason: string }; value: number }>();
      for (const intent of caches.intents.list()) {
        const { status: ready = 'Unknown', reason = '' } = findCondition(statusOf(intent).conditions, 'Ready') ?? {};
        const key = `${ready} ${reason}`;
        const sample = found.get(key) ?? { labels: { ready, reason }, value: 0 };
        sample.value += 1;
        found.set(key, sample);
      }
      return [...found.values()];
    },
  );
  metrics.gauge(
    { name: 'carto_conventions_registered', help: 'ClusterPodConventions by how they are applied', labels: ['by'] },
    () => {
      const kinds = caches
        .registered()
        .map(({ does }) => ('kind' in does ? 'none' : 'rules' in does ? 'rules' : 'webhook'));
      return ['webhook', 'rules', 'none'].map((by) => ({
        labels: { by },
        value: kinds.filter((kind) => kind === by).length,
      }));
    },
  );
  counts.show(metrics);
}
