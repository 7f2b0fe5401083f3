import { createWebhooks, INSTALL_NAMES, startController, type Webhooks } from '@cartographer/controller';
import { systemClock } from '@cartographer/kube';
import { createYtt } from '@cartographer/ytt';
import {
  type ControllerFlags,
  certificateFolder,
  concurrencyOf,
  metricsAddress,
  webhooksAddress,
} from './controller-flags.ts';
import { type PartWorld, type RunningPart, runPart } from './run-part.ts';

const clock = systemClock;

/** `carto controller`: the controller alone, until it is told to stop or a part of it fails for good. */
export async function runController(flags: ControllerFlags): Promise<void> {
  const health = metricsAddress(flags);
  webhooksAddress(flags); // A wrong address is told before anything is started.
  await runPart(flags, { name: 'controller', lease: INSTALL_NAMES.lease, health }, (world) => start(flags, world));
}

async function start(flags: ControllerFlags, world: PartWorld): Promise<RunningPart> {
  const { client, elector, log, metrics } = world;
  const ytt = createYtt({ clock, log: log.child({ part: 'ytt' }) });
  world.onEnd(() => ytt.close());
  const webhooks = await webhooksOf(flags, world);
  const controller = startController({
    client,
    clock,
    log,
    metrics,
    concurrency: concurrencyOf(flags),
    render: ytt.render,
    ...(elector === undefined ? {} : { elector }),
    ...(webhooks === undefined ? {} : { parts: webhooks.parts, leaderParts: webhooks.leaderParts }),
  });
  void controller.ready.then(
    () => log.info({}, 'all caches are filled, reconciling'),
    () => undefined,
  );
  return {
    ended: controller.ended,
    notReady: () => controller.notReady() ?? webhooks?.notReady(),
    stop: () => controller.stop(),
  };
}

async function webhooksOf(
  flags: ControllerFlags,
  { client, namespace, log, metrics }: PartWorld,
): Promise<Webhooks | undefined> {
  const address = webhooksAddress(flags);
  if (address === undefined) return undefined;
  const folder = certificateFolder(flags);
  const { webhookService, webhookSecret, webhookConfiguration } = INSTALL_NAMES;
  const own = {
    from: 'self',
    namespace,
    service: webhookService,
    secret: webhookSecret,
    configuration: webhookConfiguration,
  } as const;
  const certificate = folder === undefined ? own : ({ from: 'folder', folder } as const);
  const webhooks = await createWebhooks({
    ...address,
    certificate,
    client,
    clock,
    log,
    onDrop: (reason) => metrics.dropped('webhooks', reason),
  });
  log.info({ ...address, port: webhooks.port, certificate: certificate.from }, 'serving webhooks');
  return webhooks;
}
