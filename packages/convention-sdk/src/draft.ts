import type { PodTemplateSpec } from './wire.ts';

/** An environment variable of a container. */
export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: object;
}

/** A port of a container. */
export interface ContainerPort {
  containerPort: number;
  name?: string;
  protocol?: string;
  [field: string]: unknown;
}

/** A probe of a container: one of the four ways to ask, and how often. */
export interface Probe {
  httpGet?: { path?: string; port: number | string; scheme?: string; host?: string; httpHeaders?: object[] };
  tcpSocket?: { port: number | string; host?: string };
  exec?: { command: string[] };
  grpc?: { port: number; service?: string };
  initialDelaySeconds?: number;
  periodSeconds?: number;
  timeoutSeconds?: number;
  successThreshold?: number;
  failureThreshold?: number;
  [field: string]: unknown;
}

/** What a container asks for and may have at most, as Kubernetes quantities: `250m`, `128Mi`. */
export interface Resources {
  requests?: Record<string, string | number>;
  limits?: Record<string, string | number>;
  [field: string]: unknown;
}

/** A container that a convention may change. Every field of Kubernetes' own may be set. */
export interface DraftContainer {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  env?: EnvVar[];
  ports?: ContainerPort[];
  resources?: Resources;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
  [field: string]: unknown;
}

/** A pod template that a convention may change: its own copy, so that nothing is left of one that failed halfway. */
export interface DraftTemplate {
  metadata?: {
    name?: string;
    generateName?: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: {
    containers: DraftContainer[];
    initContainers?: DraftContainer[];
    terminationGracePeriodSeconds?: number;
    [field: string]: unknown;
  };
}

/** A copy to change. A template without containers gets an empty list of them. */
export function draftOf(template: PodTemplateSpec): DraftTemplate {
  const draft = structuredClone(template) as DraftTemplate;
  draft.spec.containers ??= [];
  return draft;
}
