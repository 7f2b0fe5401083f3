import { crd } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { clusterScanPolicyKind } from './scan-policy.ts';
import { imageScanKind, sourceScanKind } from './scans.ts';
import { clusterVulnerabilityExceptionKind, vulnerabilityExceptionKind } from './vulnerability-exception.ts';
import { clusterVulnerabilitySourceKind } from './vulnerability-source.ts';

/** Everything of the group scanning.carto.run; a kind is also a `ResourceType`. */
export const scanningKinds = {
  ImageScan: imageScanKind,
  SourceScan: sourceScanKind,
  VulnerabilityException: vulnerabilityExceptionKind,
  ClusterScanPolicy: clusterScanPolicyKind,
  ClusterVulnerabilitySource: clusterVulnerabilitySourceKind,
  ClusterVulnerabilityException: clusterVulnerabilityExceptionKind,
} as const;

/** The CustomResourceDefinitions of all kinds of the group. */
export function scanningCrds(): KubeObject[] {
  return Object.values(scanningKinds).map((kind) => crd(kind));
}
