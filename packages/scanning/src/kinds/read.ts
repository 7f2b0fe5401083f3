import { type Kind, mapped, type Read, readSpec } from '@cartographer/api';
import { type KubeObject, textAt } from '@cartographer/machinery';
import { type ClusterScanPolicySpec, clusterScanPolicyKind } from './scan-policy.ts';
import { type ImageScanSpec, imageScanKind, type SourceScanSpec, sourceScanKind } from './scans.ts';
import {
  type ClusterVulnerabilityExceptionSpec,
  clusterVulnerabilityExceptionKind,
  vulnerabilityExceptionKind,
} from './vulnerability-exception.ts';
import { type ClusterVulnerabilitySourceSpec, clusterVulnerabilitySourceKind } from './vulnerability-source.ts';

/** What an ImageScan asks for, in one spelling. */
export type ImageScanRequest = {
  /** With its digest. */
  readonly image: string;
  /** The ClusterScanPolicy that is asked besides those that select the namespace. */
  readonly policy: string;
  readonly serviceAccountName: string;
};

/** Reads an ImageScan. */
export function readImageScan(object: KubeObject): Read<ImageScanRequest> {
  return mapped(readSpec<ImageScanSpec>(imageScanKind, object), (spec) => ({
    image: spec.image ?? spec.registry?.image ?? '',
    policy: spec.policyRef?.name ?? spec.scanPolicy ?? '',
    serviceAccountName: spec.serviceAccountName ?? 'default',
  }));
}

/** What a SourceScan asks for, in one spelling. */
export type SourceScanRequest = {
  readonly url: string;
  readonly revision: string;
  /** Of the archive, where the source names one. */
  readonly digest?: string;
  /** The ClusterScanPolicy that is asked besides those that select the namespace. */
  readonly policy: string;
};

/** Reads a SourceScan. */
export function readSourceScan(object: KubeObject): Read<SourceScanRequest> {
  return mapped(readSpec<SourceScanSpec>(sourceScanKind, object), (spec) => ({
    url: spec.source?.url ?? spec.blob?.url ?? '',
    revision: spec.source?.revision ?? spec.blob?.revision ?? '',
    ...(spec.source?.digest === undefined ? {} : { digest: spec.source.digest }),
    policy: spec.policyRef?.name ?? spec.scanPolicy ?? '',
  }));
}

type Filled<T, K extends keyof T> = T & { readonly [P in K]-?: NonNullable<T[P]> };
type Advisories = NonNullable<ClusterScanPolicySpec['advisories']>;
type Findings = NonNullable<ClusterScanPolicySpec['findings']>;
type Exceptions = NonNullable<ClusterScanPolicySpec['exceptions']>;

/** A policy's `spec` with its defaults. */
export type ScanPolicySpec = Omit<
  Filled<ClusterScanPolicySpec, 'unknownSeverityIs' | 'graceAfterPublication' | 'onNewFinding' | 'onMissingInventory'>,
  'advisories' | 'findings' | 'exceptions'
> & {
  readonly advisories: Required<Advisories>;
  readonly findings?: Required<Findings>;
  readonly exceptions: Required<Exceptions>;
};

/** A policy as verdicts ask it; one that cannot be read lets nothing through. */
export type ScanPolicy = {
  readonly name: string;
  readonly generation: number;
} & ({ readonly spec: ScanPolicySpec } | { readonly wrong: readonly string[] });

/** Reads a ClusterScanPolicy. */
export function readScanPolicy(object: KubeObject): ScanPolicy {
  const name = textAt(object, 'metadata', 'name');
  const generation = object.metadata?.generation ?? 0;
  const read = readSpec<ClusterScanPolicySpec>(clusterScanPolicyKind, object);
  // The schema has filled in what may be left out.
  return read.kind === 'wrong'
    ? { name, generation, wrong: read.errors }
    : { name, generation, spec: read.value as ScanPolicySpec };
}

/** An exception of either kind. */
export type ScanException = {
  readonly kind: 'VulnerabilityException' | 'ClusterVulnerabilityException';
  /** Empty for one of the cluster. */
  readonly namespace: string;
  readonly name: string;
  /** When it was made, RFC 3339; empty where that is not known. */
  readonly created: string;
  /** `namespaceSelector` is there for one of the cluster. */
  readonly spec: Omit<ClusterVulnerabilityExceptionSpec, 'namespaceSelector'> &
    Partial<Pick<ClusterVulnerabilityExceptionSpec, 'namespaceSelector'>>;
};

/** Reads a VulnerabilityException or a ClusterVulnerabilityException. */
export function readException(object: KubeObject): Read<ScanException> {
  const isCluster = object.kind === clusterVulnerabilityExceptionKind.kind;
  const kind = isCluster ? clusterVulnerabilityExceptionKind : vulnerabilityExceptionKind;
  return mapped(readSpec<ScanException['spec']>(kind as Kind<ScanException['spec']>, object), (spec) => ({
    kind: kind.kind,
    namespace: isCluster ? '' : textAt(object, 'metadata', 'namespace'),
    name: textAt(object, 'metadata', 'name'),
    created: textAt(object, 'metadata', 'creationTimestamp'),
    spec,
  }));
}

/** A source's `spec` with its defaults. */
export type SourceSpec = Filled<ClusterVulnerabilitySourceSpec, 'interval'>;

/** Reads a ClusterVulnerabilitySource. */
export function readVulnerabilitySource(object: KubeObject): Read<SourceSpec> {
  const read = readSpec<ClusterVulnerabilitySourceSpec>(clusterVulnerabilitySourceKind, object);
  return mapped(read, (spec) => spec as SourceSpec);
}
