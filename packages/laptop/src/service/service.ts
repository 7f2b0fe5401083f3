import {
  canonicalJson,
  type Condition,
  getPath,
  isList,
  isObject,
  type Json,
  type KubeObject,
  type ResourceType,
  textsAt,
} from '@cartographer/machinery';
import { digestOf } from '../image/oci-image.ts';

/** The kind that runs apps. */
export const serviceType: ResourceType = {
  group: 'serving.knative.dev',
  version: 'v1',
  kind: 'Service',
  resource: 'services',
  namespaced: true,
};

/** How long a new revision may take to answer, in Go's notation; Knative's own annotation. */
const PROGRESS_DEADLINE_ANNOTATION = 'serving.knative.dev/progress-deadline';
const DEFAULT_PROGRESS_MS = 120_000;
const DEFAULT_PROBE_TIMEOUT_MS = 1_000;

/** Where a variable's value comes from. */
export type EnvSource =
  | { readonly kind: 'value'; readonly name: string; readonly value: string }
  | {
      readonly kind: 'secret' | 'configMap';
      readonly name: string;
      readonly object: string;
      /** Absent: all keys of the object, as `envFrom` takes them; `name` is their prefix then. */
      readonly key?: string;
      readonly optional: boolean;
    };

/** How to find out whether an app answers. */
export type ReadinessProbe = {
  /** Absent: a connection is all that is asked for. */
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
};

/** `spec.template`, as far as this controller honours it. */
export type AppTemplate = {
  /** Names the revision of these fields. */
  readonly digest: string;
  /** `spec.template.metadata.name`, when the user names revisions. */
  readonly revisionName?: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly EnvSource[];
  readonly workingDir?: string;
  readonly memoryLimit?: string;
  readonly probe: ReadinessProbe;
  readonly progressMs: number;
};

/** One entry of `status.traffic`. */
type TrafficTarget = {
  readonly latestRevision: boolean;
  readonly percent: number;
  readonly revisionName: string;
};

/** `status`. */
export type ServiceStatus = {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly url?: string;
  readonly address?: { readonly url: string };
  readonly latestCreatedRevisionName?: string;
  readonly latestReadyRevisionName?: string;
  readonly traffic?: readonly TrafficTarget[];
};

/** Reads `spec.template`, or says what in it this controller cannot do. */
export function appTemplate(
  object: KubeObject,
):
  | { readonly kind: 'template'; readonly template: AppTemplate }
  | { readonly kind: 'unsupported'; readonly message: string } {
  const whole = getPath(object['spec'], 'template');
  const containers = listAt(whole, 'spec', 'containers');
  const [container] = containers;
  const image = getPath(container, 'image');
  if (containers.length !== 1 || typeof image !== 'string' || image === '') {
    const message = `spec.template.spec.containers has to hold one container with an image, and has ${containers.length}`;
    return { kind: 'unsupported', message };
  }
  const env = readEnv(container);
  if (env.kind === 'unsupported') return env;
  const revisionName = givenText(whole, 'metadata', 'name');
  const workingDir = givenText(container, 'workingDir');
  const memoryLimit = getPath(container, 'resources', 'limits', 'memory');
  const deadline = givenText(whole, 'metadata', 'annotations', PROGRESS_DEADLINE_ANNOTATION);
  const template: AppTemplate = {
    digest: digestOf(canonicalJson(whole)).slice('sha256:'.length),
    ...(revisionName === undefined ? {} : { revisionName }),
    image,
    command: textsAt(container, 'command'),
    args: textsAt(container, 'args'),
    env: env.sources,
    ...(workingDir === undefined ? {} : { workingDir }),
    ...(typeof memoryLimit === 'string' || typeof memoryLimit === 'number' ? { memoryLimit: `${memoryLimit}` } : {}),
    probe: readProbe(getPath(container, 'readinessProbe')),
    progressMs: secondsOf(deadline) ?? DEFAULT_PROGRESS_MS,
  };
  return { kind: 'template', template };
}

/** Reads `status`. */
export function serviceStatus(object: KubeObject): ServiceStatus {
  return isObject(object['status']) ? object['status'] : {};
}

function readEnv(
  container: unknown,
):
  | { readonly kind: 'env'; readonly sources: readonly EnvSource[] }
  | { readonly kind: 'unsupported'; readonly message: string } {
  const sources: EnvSource[] = [];
  for (const item of listAt(container, 'envFrom')) {
    const source = referenceOf(item, 'secretRef', 'configMapRef', givenText(item, 'prefix') ?? '');
    if (source === undefined)
      return { kind: 'unsupported', message: 'spec.template: envFrom takes secretRef or configMapRef' };
    const { key: _all, ...whole } = source;
    sources.push(whole);
  }
  for (const item of listAt(container, 'env')) {
    const name = givenText(item, 'name') ?? '';
    const valueFrom = getPath(item, 'valueFrom');
    if (valueFrom === undefined || valueFrom === null) {
      const value = getPath(item, 'value');
      sources.push({ kind: 'value', name, value: typeof value === 'string' ? value : '' });
      continue;
    }
    const source = referenceOf(valueFrom, 'secretKeyRef', 'configMapKeyRef', name);
    if (source === undefined) {
      const message = `spec.template: variable ${name} takes its value from something other than secretKeyRef or configMapKeyRef, which apps on the laptop do not have`;
      return { kind: 'unsupported', message };
    }
    sources.push(source);
  }
  return { kind: 'env', sources };
}

function referenceOf(
  item: unknown,
  secretField: string,
  configField: string,
  name: string,
): (EnvSource & { kind: 'secret' | 'configMap' }) | undefined {
  for (const [field, kind] of [
    [secretField, 'secret'],
    [configField, 'configMap'],
  ] as const) {
    const reference = getPath(item, field);
    if (!isObject(reference)) continue;
    const key = givenText(reference, 'key');
    const optional = reference['optional'] === true;
    return { kind, name, object: givenText(reference, 'name') ?? '', ...(key === undefined ? {} : { key }), optional };
  }
  return undefined;
}

function readProbe(probe: Json | undefined): ReadinessProbe {
  const seconds = getPath(probe, 'timeoutSeconds');
  const timeoutMs = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : DEFAULT_PROBE_TIMEOUT_MS;
  const http = getPath(probe, 'httpGet');
  if (!isObject(http)) return { headers: {}, timeoutMs };
  const headers = listAt(http, 'httpHeaders').map((item) => [
    givenText(item, 'name') ?? '',
    givenText(item, 'value') ?? '',
  ]);
  return {
    path: givenText(http, 'path') ?? '/',
    headers: Object.fromEntries(headers) as Record<string, string>,
    timeoutMs,
  };
}

function secondsOf(duration: string | undefined): number | undefined {
  const [, minutes = '0', seconds = '0'] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration ?? '') ?? [];
  const ms = (Number(minutes) * 60 + Number(seconds)) * 1000;
  return ms > 0 ? ms : undefined;
}

function listAt(value: unknown, ...path: readonly string[]): readonly Json[] {
  const list = getPath(value, ...path);
  return isList(list) ? list : [];
}

/** A text, if one is given. */
function givenText(value: unknown, ...path: readonly string[]): string | undefined {
  const text = getPath(value, ...path);
  return typeof text === 'string' && text !== '' ? text : undefined;
}
