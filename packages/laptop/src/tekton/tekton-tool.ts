import { join } from 'node:path';
import { type Client, createInformer } from '@cartographer/kube';
import type { Clock, KubeObject, Log } from '@cartographer/machinery';
import type { Runnable } from '@cartographer/runtime';
import { createEnvValues } from '../env/env-values.ts';
import type { Keeper } from '../keeper/keeper.ts';
import { keysOnDisk } from '../keys-on-disk.ts';
import type { Environment } from '../program-environment.ts';
import { createToolController } from '../tool-controller.ts';
import { pipelineRunType, taskRunType } from './kind/tekton-types.ts';
import { ownerKey } from './pipeline/pipeline-run.ts';
import { createPipelineRunReconciler, type PipelineRunDeps } from './pipeline/pipeline-run-reconciler.ts';
import { createTaskRunReconciler, type TaskRunDeps } from './task/task-run-reconciler.ts';
import { createTaskRuns } from './task/task-runs.ts';

/** What {@link createTektonTool} needs. */
export type TektonToolOptions = {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: { readonly taskRun: TaskRunDeps['events']; readonly pipelineRun: PipelineRunDeps['events'] };
  readonly keeper: Keeper;
  /** Holds logs, and what runs work in. */
  readonly dataFolder: string;
  readonly environment: Environment;
};

/** The controllers of TaskRuns and PipelineRuns, ready to be run in order. */
export type TektonTool = { readonly parts: readonly (readonly Runnable[])[] };

/** Makes the controllers. */
export function createTektonTool(options: TektonToolOptions): TektonTool {
  const { client, clock, events, keeper, environment, dataFolder: folder } = options;
  const log = options.log.child({ tool: 'tekton' });
  const now = (): number => clock.now();
  const taskRuns = createInformer({ client, type: taskRunType, clock, log });
  const pipelineRuns = createInformer({ client, type: pipelineRunType, clock, log });
  const runs = createTaskRuns({
    folder,
    keeper,
    environment,
    envValues: createEnvValues(client),
    clock,
    log,
    onChange: (key) => taskController.enqueue(key),
  });
  const taskController = createToolController({
    name: 'taskrun',
    informer: taskRuns,
    essence,
    clock,
    log,
    reconcile: createTaskRunReconciler({ taskRuns, client, events: events.taskRun, runs, folder, now }),
  });
  const pipelineController = createToolController({
    name: 'pipelinerun',
    informer: pipelineRuns,
    essence,
    clock,
    log,
    reconcile: createPipelineRunReconciler({ pipelineRuns, client, events: events.pipelineRun, folder, now }),
  });
  taskRuns.onEvent(({ object }) => {
    const owner = ownerKey(object);
    if (owner !== undefined) pipelineController.enqueue(owner);
  });
  return {
    parts: [
      [
        { name: 'taskruns', run: (signal) => taskRuns.run(signal), ready: () => taskRuns.synced },
        { name: 'pipelineruns', run: (signal) => pipelineRuns.run(signal), ready: () => pipelineRuns.synced },
      ],
      [
        {
          name: 'taskrun',
          async run(signal) {
            // What ran for objects that went while nobody looked.
            for (const key of await keysOnDisk(join(folder, 'runs'))) taskController.enqueue(key);
            await taskController.run(signal);
            await runs.close();
          },
        },
        {
          name: 'pipelinerun',
          async run(signal) {
            for (const key of await keysOnDisk(join(folder, 'pipelines'))) pipelineController.enqueue(key);
            await pipelineController.run(signal);
          },
        },
      ],
    ],
  };
}

/** What can change the outcome for a run. */
function essence({ metadata: { uid, generation, deletionTimestamp } }: KubeObject): unknown {
  return [uid, generation, deletionTimestamp];
}
