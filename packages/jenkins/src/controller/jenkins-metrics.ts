import type { ControllerMetrics } from '@cartographer/runtime';
import type { ServerDesks } from '../desk/server-desks.ts';
import { statusOf } from './build-run.ts';
import type { JenkinsCaches } from './jenkins-caches.ts';

/** Shows how builds stand and how many are followed on each server; queues and reconciles are shown by the controllers. */
export function showJenkinsMetrics(
  metrics: Pick<ControllerMetrics, 'gauge'>,
  { caches, desks }: { readonly caches: JenkinsCaches; readonly desks: ServerDesks },
): void {
  metrics.gauge(
    { name: 'carto_jenkins_builds', help: 'Builds by the phase that their status says', labels: ['phase'] },
    () => {
      const counts = new Map<string, number>();
      for (const build of caches.builds.list()) {
        const { phase = 'Pending' } = statusOf(build);
        counts.set(phase, (counts.get(phase) ?? 0) + 1);
      }
      return [...counts].map(([phase, value]) => ({ labels: { phase }, value }));
    },
  );
  metrics.gauge(
    { name: 'carto_jenkins_followed_builds', help: 'Builds that a server is asked about', labels: ['server'] },
    () => desks.followed().map(([server, value]) => ({ labels: { server }, value })),
  );
  metrics.gauge(
    { name: 'carto_jenkins_requests_total', help: 'Requests to a server since the start', labels: ['server'] },
    () => desks.requests().map(([server, value]) => ({ labels: { server }, value })),
  );
}
