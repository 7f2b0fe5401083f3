import { type Client, getIfThere } from '@cartographer/kube';
import { getPath, isObject, type JsonObject, type KubeObject, listAt } from '@cartographer/machinery';
import { refusedInPipelineRun } from '../kind/refusals.ts';
import { completedTaskSpec } from '../kind/task-spec.ts';
import { LABELS, pipelineType, taskType } from '../kind/tekton-types.ts';
import { USER_ERROR } from '../task/prepare-task.ts';
import { pipelineProblem, type SpecsOfTasks, tasksProblem } from './check-pipeline.ts';
import { type Graph, pipelineGraph } from './pipeline-graph.ts';
import { pipelineRunSpec } from './pipeline-run.ts';
import { appliedPipelineSpec, completedPipelineSpec } from './pipeline-spec.ts';
import { type PipelineTask, pipelineTasks } from './pipeline-task.ts';
import { failed, type PipelineVerdict } from './pipeline-verdict.ts';

/** A pipeline that was found, with everything of the run put in. */
export type FoundPipeline = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
  readonly tasks: readonly PipelineTask[];
  readonly specs: SpecsOfTasks;
  readonly graph: Graph;
};

/** What became of the search. What was found of a pipeline that does not fit is told as well. */
export type PipelineSearch =
  | { readonly kind: 'found'; readonly pipeline: FoundPipeline }
  | {
      readonly kind: 'failed';
      readonly verdict: PipelineVerdict;
      readonly labels: Readonly<Record<string, string>>;
      readonly spec?: JsonObject;
    };

/** Finds the pipeline and its tasks, and looks whether they fit the run and each other. */
export async function findPipeline(client: Pick<Client, 'get'>, object: KubeObject): Promise<PipelineSearch> {
  const { namespace = '' } = object.metadata;
  const { pipelineRef } = pipelineRunSpec(object);
  const name = pipelineRef === '' ? (object.metadata.name ?? '') : pipelineRef;
  const refused = refusedInPipelineRun(object['spec']);
  const source = refused === undefined ? await sourceOf(client, object) : failed('PipelineValidationFailed', refused);
  const label = { [LABELS.pipeline]: name };
  if ('status' in source) return { kind: 'failed', verdict: source, labels: label };
  const { spec: completed } = source;
  const labels = { ...source.labels, ...label };
  const order = pipelineGraph(pipelineTasks(completed));
  if (order.kind === 'invalid') {
    const words = `${USER_ERROR}PipelineRun ${namespace}/${object.metadata.name ?? ''}'s Pipeline DAG is invalid: `;
    const verdict = failed('PipelineInvalidGraph', `${words}${order.message}`);
    return { kind: 'failed', verdict, labels, spec: completed };
  }
  const problem = pipelineProblem(object, completed, name);
  if (problem !== undefined) return { kind: 'failed', verdict: problem, labels, spec: completed };
  const spec = appliedPipelineSpec(completed, object, name);
  const tasks = pipelineTasks(spec);
  const specs = new Map<string, JsonObject | undefined>();
  for (const { name: each, taskRef, taskSpec } of tasks) {
    const task = taskRef === '' ? undefined : await getIfThere(client, taskType, { namespace, name: taskRef });
    specs.set(each, taskRef === '' ? taskSpec : task && completedTaskSpec(task['spec']));
  }
  const isFirst = listAt(object['status'], 'childReferences').length === 0;
  const misfit = isFirst ? tasksProblem(object, spec, name, tasks, specs) : undefined;
  if (misfit !== undefined) return { kind: 'failed', verdict: misfit, labels, spec };
  return { kind: 'found', pipeline: { name, labels, spec, tasks, specs, graph: order.graph } };
}

/** The spec as it was when the run began: what becomes of the Pipeline later does not matter to a run. */
async function sourceOf(
  client: Pick<Client, 'get'>,
  object: KubeObject,
): Promise<{ readonly spec: JsonObject; readonly labels: Readonly<Record<string, string>> } | PipelineVerdict> {
  const { name: runName = '', namespace = '' } = object.metadata;
  const kept = getPath(object['status'], 'pipelineSpec');
  if (isObject(kept)) return { spec: kept, labels: {} };
  const { pipelineRef, pipelineSpec } = pipelineRunSpec(object);
  if (pipelineRef === '' && pipelineSpec !== undefined)
    return { spec: completedPipelineSpec(pipelineSpec), labels: {} };
  const pipeline =
    pipelineRef === '' ? undefined : await getIfThere(client, pipelineType, { namespace, name: pipelineRef });
  if (pipeline !== undefined)
    return { spec: completedPipelineSpec(pipeline['spec']), labels: pipeline.metadata.labels ?? {} };
  const why =
    pipelineRef === ''
      ? `pipelineRun ${runName} not providing PipelineRef or PipelineSpec`
      : `error when getting Pipeline for PipelineRun ${runName}: tekton client cannot get pipeline ${pipelineRef} from local cluster: pipelines.tekton.dev "${pipelineRef}" not found`;
  return failed('CouldntGetPipeline', `Error retrieving pipeline for pipelinerun ${namespace}/${runName}: ${why}`);
}
