import { carto } from '@cartographer/api';
import { type Renderer, startController } from '@cartographer/controller';
import { type Client, resourcePath } from '@cartographer/kube';
import { type ResourceType, silentLog } from '@cartographer/machinery';
import type { TestCluster } from '../cluster/start-cluster.ts';
import { createFakeClock } from '../fake-clock.ts';
import { replay } from './replay.ts';
import type { Scenario, Snapshot } from './scenario.ts';
import { untilQuiet } from './settle.ts';
import { STAMPED_KINDS, typeOf } from './snapshot.ts';

/** Real time per tick of the fake clock, so that the watches of the controller can tell it of what was written. */
const PAUSE_MS = 10;

/**
 * Plays a scenario to a real server and a controller of its own in this process, and leaves the cluster as it was but
 * for the namespace. Blueprints are cluster-wide, so one scenario is played after the other. The cluster needs the
 * definitions of scenarios and must not have a controller manager: the recorder had none.
 */
export async function playOnCluster(
  scenario: Scenario,
  cluster: TestCluster,
  signal: AbortSignal,
  render?: Renderer,
): Promise<readonly Snapshot[]> {
  const clock = createFakeClock(Date.now());
  const { client } = cluster;
  const controller = startController({ client: cluster.clientOf('carto'), clock, log: silentLog, render });
  try {
    await controller.ready;
    return await replay(scenario, { client, settled: untilQuiet(client, controller, clock, PAUSE_MS), signal });
  } finally {
    await controller.stop();
    await cleanUp(client, scenario.namespace);
  }
}

async function cleanUp(client: Client, namespace: string): Promise<void> {
  const kinds: readonly ResourceType[] = [...Object.values(carto.kinds), ...STAMPED_KINDS.map(typeOf)];
  for (const type of kinds) {
    const path = resourcePath(type, type.namespaced ? { namespace } : {});
    const { status } = await client.raw({ method: 'DELETE', path });
    if (status !== 200) throw new Error(`deleting all ${type.resource} was answered with ${status}`);
  }
}
