import {
  type Condition,
  canonicalJson,
  getPath,
  isObject,
  type Json,
  type KubeObject,
  listAt,
  type ResourceType,
  textsAt,
} from '@cartographer/machinery';
import { digestOf } from '@cartographer/oci';
import { type EnvSource, readEnv } from '../env/env-sources.ts';
import { progressDeadlineOf } from './progress-deadline.ts';
import { PROGRESS_DEADLINE_ANNOTATION, refuseService } from './service-rules.ts';

/** The kind that runs apps. */
export const serviceType: ResourceType = {
  group: 'serving.knative.dev',
  version: 'v1',
  kind: 'Service',
  resource: 'services',
  namespaced: true,
};

const DEFAULT_PROGRESS_MS = 120_000;
/** Knative's `revision-timeout-seconds`, as it is installed. */
const DEFAULT_TIMEOUT_SECONDS = 300;
const DEFAULT_PROBE_TIMEOUT_MS = 1_000;

/** How to find out whether an app answers. */
export type ReadinessProbe = {
  /** Absent: a connection is all that is asked for. */
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
};

/** What a revision asks of the proxy before it. */
export type RequestLimits = {
  /** `timeoutSeconds`: how long a request may take, from its arrival to the end of its answer. */
  readonly timeoutMs: number;
  /** `responseStartTimeoutSeconds`: how long until the answer begins. */
  readonly responseStartMs?: number;
  /** `idleTimeoutSeconds`: how long without anything of the answer. */
  readonly idleMs?: number;
  /** `containerConcurrency`: how many requests an app gets at the same time; 0 for any number. */
  readonly concurrency: number;
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
  readonly limits: RequestLimits;
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

/** Reads `spec.template`, or says what in it Knative refuses or this controller cannot do. */
export function appTemplate(
  object: KubeObject,
):
  | { readonly kind: 'template'; readonly template: AppTemplate }
  | { readonly kind: 'unsupported'; readonly message: string } {
  const refused = refuseService(object);
  if (refused !== undefined) return { kind: 'unsupported', message: refused };
  const whole = getPath(object['spec'], 'template');
  const containers = listAt(whole, 'spec', 'containers');
  const [container] = containers;
  const image = getPath(container, 'image');
  if (containers.length !== 1 || typeof image !== 'string' || image === '') {
    const message = `spec.template.spec.containers has to hold one container with an image, and has ${containers.length}`;
    return { kind: 'unsupported', message };
  }
  const env = readEnv(container, { at: 'spec.template.spec.containers[0]', of: 'spec.template', who: 'apps' });
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
    progressMs: deadlineMsOf(deadline) ?? DEFAULT_PROGRESS_MS,
    limits: readLimits(getPath(whole, 'spec')),
  };
  return { kind: 'template', template };
}

/** Reads `status`. */
export function serviceStatus(object: KubeObject): ServiceStatus {
  return isObject(object['status']) ? object['status'] : {};
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

function deadlineMsOf(text: string | undefined): number | undefined {
  const deadline = text === undefined ? undefined : progressDeadlineOf(text);
  return deadline?.kind === 'deadline' && deadline.ms > 0 ? deadline.ms : undefined;
}

/** Knative takes zero for unset. */
function readLimits(pod: Json | undefined): RequestLimits {
  const seconds = (field: string): number | undefined => {
    const value = getPath(pod, field);
    return typeof value === 'number' && value > 0 ? value : undefined;
  };
  const [start, idle] = [seconds('responseStartTimeoutSeconds'), seconds('idleTimeoutSeconds')];
  return {
    timeoutMs: (seconds('timeoutSeconds') ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
    ...(start === undefined ? {} : { responseStartMs: start * 1000 }),
    ...(idle === undefined ? {} : { idleMs: idle * 1000 }),
    concurrency: seconds('containerConcurrency') ?? 0,
  };
}

/** A text, if one is given. */
function givenText(value: unknown, ...path: readonly string[]): string | undefined {
  const text = getPath(value, ...path);
  return typeof text === 'string' && text !== '' ? text : undefined;
}
