import type { Json, JsonObject, KubeObject } from '@cartographer/machinery';

const API_VERSION = 'carto.run/v1alpha1';

/** A template of any kind. */
export function template(kind: string, name: string, spec: JsonObject): KubeObject {
  return { apiVersion: API_VERSION, kind, metadata: { name }, spec };
}

/** A Thing to stamp, of group golden.test. */
export function thing(name: string, spec: JsonObject, more: JsonObject = {}): KubeObject {
  return { apiVersion: 'golden.test/v1', kind: 'Thing', metadata: { name }, spec, ...more };
}

/** A ConfigMap to stamp. */
export function configMap(name: string, data: JsonObject): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

/** A resource of a blueprint that uses a template. */
export function resource(name: string, kind: string, templateName: string, more: JsonObject = {}): JsonObject {
  return { name, templateRef: { kind, name: templateName }, ...more };
}

/** A supply chain that selects workloads with the label `app: web`. */
export function chain(name: string, resources: readonly JsonObject[], more: JsonObject = {}): KubeObject {
  const spec: JsonObject = { selector: { app: 'web' }, resources, ...more };
  return { apiVersion: API_VERSION, kind: 'ClusterSupplyChain', metadata: { name }, spec };
}

/** A delivery that selects deliverables with the label `app: web`. */
export function delivery(name: string, resources: readonly JsonObject[]): KubeObject {
  return { ...chain(name, resources), kind: 'ClusterDelivery' };
}

/** A workload with the label `app: web`. */
export function workload(name: string, spec: JsonObject = {}, metadata: JsonObject = {}): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: 'Workload',
    metadata: { name, namespace: 'team', labels: { app: 'web' }, ...metadata },
    spec,
  };
}

/** A deliverable with the label `app: web`. */
export function deliverable(name: string, spec: JsonObject = {}): KubeObject {
  return { ...workload(name, spec), kind: 'Deliverable' };
}

/** Conditions as `Type Status Reason: message`, the shortest form that a test can read. */
export function conditionLines(conditions: unknown): readonly string[] {
  return (conditions as readonly Record<string, string>[]).map(({ type, status, reason, message }) =>
    message === '' ? `${type} ${status} ${reason}` : `${type} ${status} ${reason}: ${message}`,
  );
}

/** The entry of a resource in an owner's status. */
export function resourceEntry(owner: KubeObject, name: string): Record<string, Json> & { conditions: Json } {
  const { resources = [] } = owner['status'] as { resources?: (Record<string, Json> & { conditions: Json })[] };
  const entry = resources.find((candidate) => candidate['name'] === name);
  if (entry === undefined) throw new Error(`there is no resource ${name} in the status`);
  return entry;
}

/** The conditions of an owner, as lines. */
export function ownerLines(owner: KubeObject): readonly string[] {
  return conditionLines((owner['status'] as { conditions: unknown }).conditions);
}

/** The conditions of a resource, as lines. */
export function resourceLines(owner: KubeObject, name: string): readonly string[] {
  return conditionLines(resourceEntry(owner, name).conditions);
}
