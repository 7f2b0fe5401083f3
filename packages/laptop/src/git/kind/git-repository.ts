import { type Condition, getPath, isObject, type KubeObject, type ResourceType } from '@cartographer/machinery';
import type { Artifact } from '../../flux/source-object.ts';
import { parseDurationMs } from './duration.ts';

/** The kind this package reconciles. */
export const gitRepositoryType: ResourceType = {
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'GitRepository',
  resource: 'gitrepositories',
  namespaced: true,
};

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_INTERVAL_MS = 60_000;

/** What to check out: the most specific field wins, in the order commit, name, tag, semver, branch. */
export type GitReference = {
  readonly branch?: string;
  readonly tag?: string;
  readonly semver?: string;
  readonly name?: string;
  readonly commit?: string;
};

/** `spec`, with durations in milliseconds. */
export type GitRepositorySpec = {
  readonly url: string;
  readonly ref: GitReference;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly secretName?: string;
  readonly ignore?: string;
  readonly suspend: boolean;
  readonly recurseSubmodules: boolean;
  readonly sparseCheckout: readonly string[];
  /** Fields that are set and that this controller cannot honour, as paths. */
  readonly unsupported: readonly string[];
};

/** `status`. */
export type GitRepositoryStatus = {
  readonly observedGeneration?: number;
  readonly lastHandledReconcileAt?: string;
  readonly artifact?: Artifact;
  readonly conditions?: readonly Condition[];
  readonly observedIgnore?: string;
  readonly observedRecurseSubmodules?: boolean;
  readonly observedSparseCheckout?: readonly string[];
};

/** Reads `spec`; a field of the wrong shape counts as absent, the CRD keeps such objects out anyway. */
export function gitRepositorySpec(object: KubeObject): GitRepositorySpec {
  const spec = isObject(object['spec']) ? object['spec'] : {};
  const text = (...path: readonly string[]): string | undefined => {
    const value = getPath(spec, ...path);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const ref = Object.fromEntries(
    ['branch', 'tag', 'semver', 'name', 'commit'].flatMap((key) => {
      const value = text('ref', key);
      return value === undefined ? [] : [[key, value]];
    }),
  ) as GitReference;
  const ignore = spec['ignore'];
  const secretName = text('secretRef', 'name');
  const directories = spec['sparseCheckout'];
  return {
    url: text('url') ?? '',
    ref,
    intervalMs: parseDurationMs(text('interval') ?? '') ?? DEFAULT_INTERVAL_MS,
    timeoutMs: parseDurationMs(text('timeout') ?? '') ?? DEFAULT_TIMEOUT_MS,
    ...(secretName === undefined ? {} : { secretName }),
    ...(typeof ignore === 'string' ? { ignore } : {}),
    suspend: spec['suspend'] === true,
    recurseSubmodules: spec['recurseSubmodules'] === true,
    sparseCheckout: Array.isArray(directories) ? directories.filter((item) => typeof item === 'string') : [],
    unsupported: unsupportedFields(spec),
  };
}

/** Reads `status`. */
export function gitRepositoryStatus(object: KubeObject): GitRepositoryStatus {
  return isObject(object['status']) ? object['status'] : {};
}

function unsupportedFields(spec: { readonly [field: string]: unknown }): readonly string[] {
  const fields = ['verify', 'proxySecretRef', 'serviceAccountName'].filter((field) => spec[field] !== undefined);
  const include = spec['include'];
  if (Array.isArray(include) && include.length > 0) fields.push('include');
  const provider = spec['provider'];
  if (provider !== undefined && provider !== 'generic') fields.push('provider');
  return fields.map((field) => `spec.${field}`);
}
