import { getPath, isObject, type KubeObject, listAt, type ResourceType } from '@cartographer/machinery';

/** The kind that builds images. */
export const imageType: ResourceType = {
  group: 'kpack.io',
  version: 'v1alpha2',
  kind: 'Image',
  resource: 'images',
  namespaced: true,
};

/** A new value asks for a build of the same inputs; on a cluster, kpack takes it on the Build. */
export const BUILD_REQUEST_ANNOTATION = 'image.kpack.io/additionalBuildNeeded';

const DEFAULT_TIMEOUT_MS = 10 * 60_000;

/** What goes into a build: equal inputs are never built twice. */
export type BuildInputs = {
  /** Where the archive of the source is. */
  readonly url: string;
  readonly stripComponents: number;
  readonly subPath: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  /** The value of {@link BUILD_REQUEST_ANNOTATION}. */
  readonly request?: string;
  /** A timeout that was set: more time may make a failed build succeed. */
  readonly buildTimeout?: number;
};

/** `spec`, as far as this controller honours it. */
export type ImageSpec = {
  readonly inputs: BuildInputs;
  readonly timeoutMs: number;
  /** The tag that the image gets beside those of its builds. */
  readonly tag: string;
  readonly keepBuilds: number;
  readonly keepFailures: number;
};

/** A condition as kpack has it: without a generation of its own. */
export type ImageCondition = {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime: string;
};

/** `status`. */
export type ImageStatus = {
  readonly observedGeneration?: number;
  readonly conditions?: readonly ImageCondition[];
  readonly latestImage?: string;
  readonly latestBuildRef?: string;
  readonly latestBuildImageGeneration?: number;
  readonly latestBuildReason?: string;
  readonly buildCounter?: number;
};

/** Reads `spec`, or says what in it this controller cannot do. */
export function imageSpec(
  object: KubeObject,
): { readonly kind: 'spec'; readonly spec: ImageSpec } | { readonly kind: 'unsupported'; readonly message: string } {
  const { spec } = object;
  const url = getPath(spec, 'source', 'blob', 'url');
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) {
    const found = ['git', 'registry'].find((field) => getPath(spec, 'source', field) !== undefined);
    const what =
      found === undefined
        ? 'spec.source.blob.url is missing or no HTTP URL'
        : `spec.source.${found} is not supported on the laptop`;
    return {
      kind: 'unsupported',
      message: `${what}; let a GitRepository follow the source, and use the URL of its artifact`,
    };
  }
  const env: { name: string; value: string }[] = [];
  for (const item of listAt(spec, 'build', 'env')) {
    const name = getPath(item, 'name');
    if (getPath(item, 'valueFrom') !== undefined) {
      return {
        kind: 'unsupported',
        message: `spec.build.env ${typeof name === 'string' ? name : ''} has valueFrom, which builds on the laptop do not support; give a value`,
      };
    }
    const value = getPath(item, 'value');
    if (typeof name === 'string') env.push({ name, value: typeof value === 'string' ? value : '' });
  }
  return { kind: 'spec', spec: readSpec(object, url, env) };
}

/** Reads `status`. */
export function imageStatus(object: KubeObject): ImageStatus {
  return isObject(object['status']) ? object['status'] : {};
}

function readSpec({ spec, metadata }: KubeObject, url: string, env: BuildInputs['env']): ImageSpec {
  const subPath = getPath(spec, 'source', 'subPath');
  const request = getPath(metadata.annotations, BUILD_REQUEST_ANNOTATION);
  const tag = getPath(spec, 'tag');
  const buildTimeout = getPath(spec, 'build', 'buildTimeout');
  return {
    inputs: {
      url,
      stripComponents: numberAt(spec, 0, 'source', 'blob', 'stripComponents'),
      subPath: typeof subPath === 'string' ? subPath : '',
      env,
      ...(typeof request === 'string' ? { request } : {}),
      ...(typeof buildTimeout === 'number' ? { buildTimeout } : {}),
    },
    timeoutMs: numberAt(spec, DEFAULT_TIMEOUT_MS / 1000, 'build', 'buildTimeout') * 1000,
    tag: (typeof tag === 'string' ? /:([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$/.exec(tag)?.[1] : undefined) ?? 'latest',
    keepBuilds: Math.max(1, numberAt(spec, 10, 'successBuildHistoryLimit')),
    keepFailures: Math.max(1, numberAt(spec, 10, 'failedBuildHistoryLimit')),
  };
}

function numberAt(spec: unknown, otherwise: number, ...path: readonly string[]): number {
  const value = getPath(spec, ...path);
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
}
