import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { open, type ToolKind, toolCrd } from '../../tool-crd.ts';
import { pipelineRunType, pipelineType, taskRunType, taskType } from './tekton-types.ts';

const RUN_COLUMNS: ToolKind['columns'] = [
  { name: 'Succeeded', type: 'string', jsonPath: '.status.conditions[?(@.type=="Succeeded")].status' },
  { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Succeeded")].reason' },
  { name: 'StartTime', type: 'date', jsonPath: '.status.startTime' },
  { name: 'CompletionTime', type: 'date', jsonPath: '.status.completionTime' },
];

/** Like Tekton's own: what is in a spec is judged by the controller, which says what is wrong in the condition. */
function definition(kind: Pick<ToolKind, 'type' | 'singular' | 'shortNames' | 'description' | 'columns'>): KubeObject {
  const halves: { readonly spec: JsonObject; readonly status: JsonObject } = {
    spec: open('What is wanted, as Tekton documents it.'),
    status: open('What became of it.'),
  };
  return toolCrd({ ...kind, ...halves, categories: ['tekton', 'tekton-pipelines'] });
}

/** The CustomResourceDefinitions of Task, TaskRun, Pipeline and PipelineRun. */
export const tektonCrds: readonly KubeObject[] = [
  definition({
    type: taskType,
    singular: 'task',
    shortNames: [],
    description: 'Steps that are run one after the other.',
    columns: [],
  }),
  definition({
    type: taskRunType,
    singular: 'taskrun',
    shortNames: ['tr', 'trs'],
    description: 'A run of a task.',
    columns: RUN_COLUMNS,
  }),
  definition({
    type: pipelineType,
    singular: 'pipeline',
    shortNames: [],
    description: 'Tasks that need each other.',
    columns: [],
  }),
  definition({
    type: pipelineRunType,
    singular: 'pipelinerun',
    shortNames: ['pr', 'prs'],
    description: 'A run of a pipeline.',
    columns: RUN_COLUMNS,
  }),
];
