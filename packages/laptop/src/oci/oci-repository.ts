import { type Condition, getPath, isObject, type KubeObject, type ResourceType } from '@cartographer/machinery';
import type { Artifact } from '../flux/source-object.ts';
import { parseDurationMs } from '../git/kind/duration.ts';

/** The kind that follows artifacts in registries. */
export const ociRepositoryType: ResourceType = {
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'OCIRepository',
  resource: 'ocirepositories',
  namespaced: true,
};

const DEFAULT_MS = 60_000;

/** Which layer of an artifact is taken: by default the first, and its files. */
type LayerSelector = { readonly mediaType?: string; readonly operation?: 'extract' | 'copy' };

/** `spec`, with durations in milliseconds. */
export type OciRepositorySpec = {
  readonly url: string;
  /** The most specific field wins, in the order digest, semver, tag. */
  readonly ref: { readonly tag?: string; readonly semver?: string; readonly digest?: string };
  readonly layerSelector: LayerSelector;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly secretName?: string;
  readonly insecure: boolean;
  readonly suspend: boolean;
  /** Fields that are set and that this controller cannot honour, as paths. */
  readonly unsupported: readonly string[];
};

/** `status`. */
export type OciRepositoryStatus = {
  readonly observedGeneration?: number;
  readonly lastHandledReconcileAt?: string;
  readonly artifact?: Artifact;
  readonly conditions?: readonly Condition[];
  readonly observedLayerSelector?: LayerSelector;
};

/** Reads `spec`; a field of the wrong shape counts as absent, the CRD keeps such objects out anyway. */
export function ociRepositorySpec(object: KubeObject): OciRepositorySpec {
  const spec = isObject(object['spec']) ? object['spec'] : {};
  const text = (...path: readonly string[]): string | undefined => {
    const value = getPath(spec, ...path);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const named = (fields: readonly string[], ...path: readonly string[]): object =>
    Object.fromEntries(
      fields.flatMap((field) => {
        const value = text(...path, field);
        return value === undefined ? [] : [[field, value]];
      }),
    );
  const secretName = text('secretRef', 'name');
  return {
    url: text('url') ?? '',
    ref: named(['tag', 'semver', 'digest'], 'ref'),
    layerSelector: named(['mediaType', 'operation'], 'layerSelector'),
    intervalMs: parseDurationMs(text('interval') ?? '') ?? DEFAULT_MS,
    timeoutMs: parseDurationMs(text('timeout') ?? '') ?? DEFAULT_MS,
    ...(secretName === undefined ? {} : { secretName }),
    insecure: spec['insecure'] === true,
    suspend: spec['suspend'] === true,
    unsupported: [
      ...['verify', 'certSecretRef', 'proxySecretRef', 'serviceAccountName', 'ignore'].filter(
        (field) => spec[field] != null,
      ),
      ...(getPath(spec, 'ref', 'semverFilter') === undefined ? [] : ['ref.semverFilter']),
      ...(text('provider') === undefined || text('provider') === 'generic' ? [] : ['provider']),
    ].map((field) => `spec.${field}`),
  };
}

/** Reads `status`. */
export function ociRepositoryStatus(object: KubeObject): OciRepositoryStatus {
  return isObject(object['status']) ? object['status'] : {};
}
