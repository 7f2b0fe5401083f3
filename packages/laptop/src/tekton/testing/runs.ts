import type { Json, JsonObject, KubeObject, ResourceType } from '@cartographer/machinery';
import { condition, type LaptopFixture } from '../../testing/laptop.ts';
import { isDone } from '../kind/run-status.ts';
import { pipelineRunType, pipelineType, taskRunType, taskType } from '../kind/tekton-types.ts';

/** An object of one of Tekton's kinds. */
function tektonObject(type: ResourceType, name: string, spec: JsonObject, metadata: JsonObject = {}): KubeObject {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: type.kind,
    metadata: { namespace: 'default', name, ...metadata },
    spec,
  };
}

/** A step that runs a script. */
export function step(name: string, script: string, more: JsonObject = {}): JsonObject {
  return { name, image: 'busybox', script, ...more };
}

/** Makes Tekton's objects on a laptop and waits for what becomes of them. */
export type TektonFixture = {
  task(name: string, spec: JsonObject, metadata?: JsonObject): Promise<KubeObject>;
  pipeline(name: string, spec: JsonObject, metadata?: JsonObject): Promise<KubeObject>;
  taskRun(name: string, spec: JsonObject, metadata?: JsonObject): Promise<KubeObject>;
  pipelineRun(name: string, spec: JsonObject, metadata?: JsonObject): Promise<KubeObject>;
  /** Waits until a run has ended. */
  endOf(type: ResourceType, name: string): Promise<KubeObject>;
  /** What the condition of a run says. */
  told(object: KubeObject): { readonly status?: string; readonly reason?: string; readonly message?: string };
};

/** Makes the fixture. */
export function tektonFixture(laptop: LaptopFixture): TektonFixture {
  const create =
    (type: ResourceType) =>
    (name: string, spec: JsonObject, metadata: JsonObject = {}): Promise<KubeObject> =>
      laptop.client.create(type, tektonObject(type, name, spec, metadata));
  return {
    task: create(taskType),
    pipeline: create(pipelineType),
    taskRun: create(taskRunType),
    pipelineRun: create(pipelineRunType),
    endOf: (type, name) => laptop.until(type, name, isDone),
    told(object) {
      const { status, reason, message } = condition(object, 'Succeeded');
      return { status, reason, message };
    },
  };
}

/** The values of results by their names. */
export function resultsOf(object: KubeObject): Record<string, Json | undefined> {
  const { results = [] } = (object['status'] ?? {}) as { results?: readonly { name: string; value: Json }[] };
  return Object.fromEntries(results.map(({ name, value }) => [name, value]));
}
