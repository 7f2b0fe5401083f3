import type { Read } from '@cartographer/api';
import { type Client, createInformer, type Informer, NAMESPACES } from '@cartographer/kube';
import { type Clock, type KubeObject, type Log, memoByIdentity, type ResourceType } from '@cartographer/machinery';
import { scanningKinds } from '../kinds/kinds.ts';
import {
  readException,
  readScanPolicy,
  readVulnerabilitySource,
  type ScanException,
  type ScanPolicy,
} from '../kinds/read.ts';
import type { QuestionScope } from '../portfolio/kept-questions.ts';

/** A kind that the scanner watches. */
type WatchedKind = keyof typeof scanningKinds | 'Namespace';

/** What the scanner watches, read. */
export interface ScannerCaches {
  informer(kind: WatchedKind): Informer;
  all(): readonly (readonly [WatchedKind, Informer])[];
  policies(): readonly ScanPolicy[];
  /** Those of all namespaces and of the cluster; what cannot be read excuses nothing and is left out. */
  exceptions(): readonly ScanException[];
  /** Names of all ClusterVulnerabilitySources that are not being deleted. */
  sources(): readonly string[];
  /** Those of them that are asked for packages, one by one. */
  askedSources(): readonly QuestionScope[];
  namespaceLabels(namespace: string): Readonly<Record<string, string>>;
}

/** Each object is read once. */
export const policyOf = memoByIdentity<KubeObject, ScanPolicy>(readScanPolicy);
/** Each object is read once. */
export const exceptionOf = memoByIdentity<KubeObject, Read<ScanException>>(readException);

/** Makes the caches; they fill once their informers run. */
export function createScannerCaches(deps: {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
}): ScannerCaches {
  const types: Readonly<Record<WatchedKind, ResourceType>> = { ...scanningKinds, Namespace: NAMESPACES };
  const informers = new Map<WatchedKind, Informer>(
    (Object.keys(types) as WatchedKind[]).map((kind) => [
      kind,
      createInformer({ ...deps, type: types[kind], ...(kind === 'Namespace' ? { transform: slimNamespace } : {}) }),
    ]),
  );
  const informer = (kind: WatchedKind): Informer => {
    const found = informers.get(kind);
    if (found === undefined) throw new TypeError(`kind ${kind} is not watched`);
    return found;
  };
  /** The same list until an object of one of the kinds changes. */
  const listOf = <T>(kinds: readonly WatchedKind[], make: () => readonly T[]): (() => readonly T[]) => {
    let list: readonly T[] | undefined;
    for (const kind of kinds) informer(kind).onEvent(() => void (list = undefined));
    return () => (list ??= make());
  };
  const exceptionKinds = ['VulnerabilityException', 'ClusterVulnerabilityException'] as const;

  return {
    informer,
    all: () => [...informers],
    policies: listOf(['ClusterScanPolicy'], () => informer('ClusterScanPolicy').list().map(policyOf)),
    exceptions: listOf(exceptionKinds, () =>
      exceptionKinds
        .flatMap((kind) => informer(kind).list())
        .map(exceptionOf)
        .flatMap((read) => (read.kind === 'read' ? [read.value] : [])),
    ),
    sources: listOf(['ClusterVulnerabilitySource'], () =>
      informer('ClusterVulnerabilitySource')
        .list()
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map(({ metadata }) => metadata.name ?? ''),
    ),
    askedSources: listOf(['ClusterVulnerabilitySource'], () =>
      informer('ClusterVulnerabilitySource')
        .list()
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .flatMap((object) => askedScope(object) ?? []),
    ),
    namespaceLabels: (namespace) => informer('Namespace').get(namespace)?.metadata.labels ?? {},
  };
}

function askedScope(object: KubeObject): QuestionScope | undefined {
  const read = readVulnerabilitySource(object);
  if (read.kind === 'wrong' || read.value.type !== 'Api') return undefined;
  const { ecosystems } = read.value;
  return { source: object.metadata.name ?? '', ...(ecosystems === undefined ? {} : { ecosystems }) };
}

function slimNamespace({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, uid, resourceVersion, labels } = metadata;
  return { apiVersion, kind, metadata: { name, uid, resourceVersion, ...(labels === undefined ? {} : { labels }) } };
}
