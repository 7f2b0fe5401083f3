import { LABELS } from '@cartographer/api';
import { type KubeObject, objectKey, type ResourceType, textAt } from '@cartographer/machinery';

/** What apps of workloads run as, served where Knative or its stand-in is. */
export const KNATIVE_SERVICES: ResourceType = {
  group: 'serving.knative.dev',
  version: 'v1',
  kind: 'Service',
  resource: 'services',
  namespaced: true,
};

/** Addresses of running apps, by the key of the workload that they belong to. */
export function appUrls(services: readonly KubeObject[]): ReadonlyMap<string, string> {
  return new Map(
    services.flatMap(({ metadata, status }) => {
      const name = metadata.labels?.[LABELS.workloadName];
      const url = textAt(status, 'url');
      return name === undefined || url === ''
        ? []
        : [[objectKey({ namespace: metadata.namespace, name }), url] as const];
    }),
  );
}
