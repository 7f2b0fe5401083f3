import { join } from 'node:path';
import { type Client, createInformer, type Informer } from '@cartographer/kube';
import type { Clock, KubeObject, Log } from '@cartographer/machinery';
import type { Runnable } from '@cartographer/runtime';
import { createEnvValues } from '../env/env-values.ts';
import type { Keeper } from '../keeper/keeper.ts';
import { keysOnDisk } from '../keys-on-disk.ts';
import type { Environment } from '../program-environment.ts';
import { createToolController } from '../tool-controller.ts';
import { serviceType } from './service.ts';
import { createServiceApps } from './service-apps.ts';
import { createServiceReconciler, type ServiceDeps } from './service-reconciler.ts';

/** What {@link createServiceTool} needs. */
export type ServiceToolOptions = {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: ServiceDeps['events'];
  readonly keeper: Keeper;
  /** Holds unpacked images, logs and ports. */
  readonly dataFolder: string;
  readonly environment: Environment;
};

/** The Service controller, ready to be run in order, and its cache. */
export type ServiceTool = { readonly parts: readonly (readonly Runnable[])[]; readonly informer: Informer };

/** Makes the controller of Knative Services. */
export function createServiceTool(options: ServiceToolOptions): ServiceTool {
  const { client, clock, events, keeper, environment, dataFolder } = options;
  const log = options.log.child({ tool: 'service' });
  const informer = createInformer({ client, type: serviceType, clock, log });
  const folder = join(dataFolder, 'services');
  const onChange = (key: string): void => controller.enqueue(key);
  const envValues = createEnvValues(client);
  const apps = createServiceApps({ folder, keeper, environment, envValues, clock, log, onChange });
  const controller = createToolController({
    name: 'service',
    informer,
    essence,
    clock,
    log,
    reconcile: createServiceReconciler({ client, events, services: informer, apps, now: () => clock.now() }),
  });
  return {
    informer,
    parts: [
      [{ name: 'services', run: (signal) => informer.run(signal), ready: () => informer.synced }],
      [
        {
          name: 'service',
          async run(signal) {
            // What ran for objects that went while nobody looked.
            for (const key of await keysOnDisk(folder)) controller.enqueue(key);
            await controller.run(signal);
            await apps.close();
          },
        },
      ],
    ],
  };
}

/** What can change what runs of a Service. */
function essence({ metadata: { uid, generation, deletionTimestamp } }: KubeObject): unknown {
  return [uid, generation, deletionTimestamp];
}
