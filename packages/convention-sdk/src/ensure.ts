import type { ContainerPort, DraftContainer, DraftTemplate, Probe, Resources } from './draft.ts';

/** The value of an environment variable, or where it is from (`secretKeyRef`, `fieldRef`). */
export type EnvValue = string | { readonly valueFrom: object };

/** The probes that a container can have. */
export type ProbeName = 'livenessProbe' | 'readinessProbe' | 'startupProbe';

const HANDLERS = ['httpGet', 'tcpSocket', 'exec', 'grpc'] as const;

/** Sets an environment variable unless the container has one of this name. Answers with whether it did. */
export function ensureEnv(container: DraftContainer, name: string, value: EnvValue): boolean {
  if (container.env?.some((variable) => variable.name === name) === true) return false;
  const variable = typeof value === 'string' ? { name, value } : { name, valueFrom: value.valueFrom };
  container.env = [...(container.env ?? []), variable];
  return true;
}

/**
 * Sets a probe unless the container has it. One that has times but no way to ask gets the way; its times stay. Answers with
 * whether it changed anything.
 */
export function ensureProbe(container: DraftContainer, name: ProbeName, probe: Probe): boolean {
  const has = container[name];
  if (has !== undefined && HANDLERS.some((handler) => has[handler] !== undefined)) return false;
  container[name] = { ...structuredClone(probe), ...has };
  return true;
}

/**
 * Sets requests and limits of resources (`cpu`, `memory`) that the container says nothing about. One of which it has a request
 * or a limit is left alone: a default beside it could contradict it. Answers with whether it changed anything.
 */
export function ensureResources(container: DraftContainer, resources: Pick<Resources, 'requests' | 'limits'>): boolean {
  const has = container.resources ?? {};
  const named = new Set([...Object.keys(has.requests ?? {}), ...Object.keys(has.limits ?? {})]);
  let isChanged = false;
  for (const side of ['requests', 'limits'] as const) {
    const missing = Object.entries(resources[side] ?? {}).filter(([name]) => !named.has(name));
    if (missing.length === 0) continue;
    container.resources = { ...container.resources, [side]: { ...has[side], ...Object.fromEntries(missing) } };
    isChanged = true;
  }
  return isChanged;
}

/** Adds a port unless the container has one of this number, or of this name. Answers with whether it did. */
export function ensurePort(container: DraftContainer, port: ContainerPort): boolean {
  const isThere = container.ports?.some(
    ({ containerPort, name }) => containerPort === port.containerPort || (name !== undefined && name === port.name),
  );
  if (isThere === true) return false;
  container.ports = [...(container.ports ?? []), { ...port }];
  return true;
}

/** Sets a label of the pods unless they have it. Answers with whether it did. */
export function ensureLabel(template: DraftTemplate, key: string, value: string): boolean {
  return ensureText(template, 'labels', key, value);
}

/** Sets an annotation of the pods unless they have it. Answers with whether it did. */
export function ensureAnnotation(template: DraftTemplate, key: string, value: string): boolean {
  return ensureText(template, 'annotations', key, value);
}

function ensureText(template: DraftTemplate, field: 'labels' | 'annotations', key: string, value: string): boolean {
  const texts = template.metadata?.[field] ?? {};
  if (Object.hasOwn(texts, key)) return false;
  template.metadata = { ...template.metadata, [field]: { ...texts, [key]: value } };
  return true;
}
