import { crds, GROUP, validate } from '@cartographer/api';
import type { ApiServerOptions } from '@cartographer/apiserver';
import type { ControllerOptions } from '@cartographer/controller';
import { startController } from '@cartographer/controller';
import { createRestMapper } from '@cartographer/kube';
import { type KubeObject, silentLog, type Transport } from '@cartographer/machinery';
import { startEmbedded } from '../embedded.ts';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';
import { goldenCrds } from '../golden/scenario.ts';
import { untilQuiet } from '../golden/settle.ts';
import type { AcceptanceTarget } from './run-case.ts';

/** A target in this process; close it at the end. */
export type EmbeddedTarget = AcceptanceTarget & {
  readonly clock: FakeClock;
  /** Requests as the admin, unless they bring another token. */
  readonly transport: Transport;
  /** Waits until the controller has nothing left to do. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

/** The rules of our own kinds, as the webhooks apply them. */
const rules: NonNullable<ApiServerOptions['admission']>[number] = {
  validating: true,
  matches: (info) => info.group === GROUP,
  review({ operation, object }) {
    const [message] = operation === 'DELETE' || object === undefined ? [] : validate(object);
    return message === undefined ? { allowed: true } : { allowed: false, message };
  },
};

/** Kinds to be served beside our own, and how ytt templates are rendered. */
type EmbeddedTargetOptions = Pick<ControllerOptions, 'render'> & { readonly kinds?: readonly KubeObject[] };

/** Starts an embedded server with a controller, on a clock that only waits where something is left to do. */
export async function startEmbeddedTarget({
  kinds = goldenCrds(),
  ...options
}: EmbeddedTargetOptions = {}): Promise<EmbeddedTarget> {
  const clock = createFakeClock();
  const cluster = await startEmbedded({
    crds: [...crds(), ...kinds],
    authorization: 'RBAC',
    admission: [rules],
    clock,
  });
  const { client } = cluster;
  const controller = startController({ ...options, client, clock, log: silentLog });
  await controller.ready;
  const settled = untilQuiet(client, controller, clock);
  return {
    client,
    clock,
    transport: cluster.adminTransport,
    settled,
    // A case may bring a kind of its own: "no such kind" is never believed for long.
    mapper: createRestMapper({ client, clock, missTtlMs: 0 }),
    waiting: { kind: 'quiet', settled },
    async close() {
      await controller.stop();
      await cluster.close();
    },
  };
}
