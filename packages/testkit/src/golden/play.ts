import { crds } from '@cartographer/api';
import type { ApiServerOptions } from '@cartographer/apiserver';
import { type Renderer, startController } from '@cartographer/controller';
import { silentLog } from '@cartographer/machinery';
import { startEmbedded } from '../embedded.ts';
import { createFakeClock } from '../fake-clock.ts';
import { replay } from './replay.ts';
import type { Scenario, Snapshot } from './scenario.ts';
import { goldenCrds } from './scenario.ts';
import { untilQuiet } from './settle.ts';

/** The recorder's server had no controller manager: no garbage collector, no accounts that make themselves. */
const noControllerManager: NonNullable<ApiServerOptions['admission']>[number] = {
  matches: (_info, operation) => operation !== 'UPDATE',
  review: ({ user }) =>
    user.name.startsWith('system:serviceaccount:kube-system:')
      ? { allowed: false, message: 'the recorder had no controller manager' }
      : { allowed: true },
};

/** Plays a scenario to a cluster and a controller of its own. */
export async function play(scenario: Scenario, signal: AbortSignal, render?: Renderer): Promise<readonly Snapshot[]> {
  const clock = createFakeClock();
  const cluster = await startEmbedded({
    crds: [...crds(), ...goldenCrds()],
    authorization: 'RBAC',
    admission: [noControllerManager],
    clock,
  });
  const { client } = cluster;
  const controller = startController({ client, clock, log: silentLog, render });
  try {
    await controller.ready;
    return await replay(scenario, { client, settled: untilQuiet(client, controller, clock), signal });
  } finally {
    await controller.stop();
    await cluster.close();
  }
}
