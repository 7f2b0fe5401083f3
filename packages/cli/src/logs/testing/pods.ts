/** A time of a log, with a fraction as a kubelet writes it. */
export const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000001Z`;

/** A Workload with the steps `test` and `app`. */
export const WORKLOAD = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: shop, namespace: default}
spec: {image: x}
status:
  resources:
  - {name: test}
  - {name: app}
`;

type PodOptions = {
  readonly name: string;
  /** The step by label; none: another's pod, or one that belongs by its owner. */
  readonly step?: string;
  /** An owner reference. */
  readonly owner?: string;
  readonly phase?: string;
  /** What its status says of containers. */
  readonly states?: string;
  /** What its status says of those that prepare it. */
  readonly initStates?: string;
};

/** A pod with the status that a kubelet would give it. */
export function podYaml({
  name,
  step,
  owner = '',
  phase = 'Running',
  states = running('main'),
  initStates = '',
}: PodOptions): string {
  const labels = step === undefined ? '' : `labels: {carto.run/workload-name: shop, carto.run/resource-name: ${step}},`;
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: default, ${labels} ownerReferences: [${owner}]}
spec: {containers: [{name: main, image: x}]}
status: {phase: ${phase}, containerStatuses: [${states}], initContainerStatuses: [${initStates}]}
---
`;
}

/** The status of a container that runs. */
export function running(name: string, restarts = 0): string {
  return containerStatus(name, restarts, `running: {startedAt: "${at(0)}"}`);
}

/** The status of a container that has ended. */
export function ended(name: string, restarts = 0): string {
  return containerStatus(name, restarts, 'terminated: {exitCode: 0}');
}

/** The status of a container that waits. */
export function waiting(name: string, reason: string, message: string): string {
  return containerStatus(name, 0, `waiting: {reason: ${reason}, message: "${message}"}`);
}

function containerStatus(name: string, restarts: number, state: string): string {
  return `{name: ${name}, image: x, imageID: x, ready: true, restartCount: ${restarts}, state: {${state}}}`;
}
