import { join } from 'node:path';
import { type Client, createInformer, type Informer, type InformerEvent } from '@cartographer/kube';
import { type Clock, deepEqual, type KubeObject, type Log, objectKey } from '@cartographer/machinery';
import { createController, createRateLimiter, type Runnable } from '@cartographer/runtime';
import { keysOnDisk } from '../image/image-tool.ts';
import type { Keeper } from '../keeper/keeper.ts';
import type { Environment } from '../program-environment.ts';
import { createEnvValues } from './env-values.ts';
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

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 60_000;

/** Makes the controller of Knative Services. */
export function createServiceTool(options: ServiceToolOptions): ServiceTool {
  const { client, clock, events, keeper, environment, dataFolder } = options;
  const log = options.log.child({ tool: 'service' });
  const informer = createInformer({ client, type: serviceType, clock, log });
  const folder = join(dataFolder, 'services');
  const onChange = (key: string): void => controller.enqueue(key);
  const envValues = createEnvValues(client);
  const apps = createServiceApps({ folder, keeper, environment, envValues, clock, log, onChange });
  const controller = createController({
    name: 'service',
    concurrency: 4,
    clock,
    log,
    rateLimiter: createRateLimiter({ clock, baseMs: FIRST_RETRY_MS, maxMs: LAST_RETRY_MS }),
    reconcile: createServiceReconciler({ client, events, services: informer, apps, now: () => clock.now() }),
  });
  informer.onEvent((event) => {
    if (isNews(event)) controller.enqueue(objectKey(event.object.metadata));
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

/** A change of the status is our own: only what can change what runs counts. */
function isNews({ type, object, old }: InformerEvent): boolean {
  if (type !== 'updated' || old === undefined) return true;
  const essence = ({ metadata }: KubeObject): unknown => [
    metadata.uid,
    metadata.generation,
    metadata.deletionTimestamp,
  ];
  return !deepEqual(essence(object), essence(old));
}
