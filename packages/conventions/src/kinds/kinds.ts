import { crd } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { clusterPodConventionKind } from './cluster-pod-convention.ts';
import { podIntentKind } from './pod-intent.ts';

/** Everything of the group conventions.carto.run; a kind is also a `ResourceType`. */
export const conventionsKinds = {
  ClusterPodConvention: clusterPodConventionKind,
  PodIntent: podIntentKind,
} as const;

/** The CustomResourceDefinitions of both kinds. */
export function conventionsCrds(): KubeObject[] {
  return Object.values(conventionsKinds).map((kind) => crd(kind));
}
