import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { chain, resource, template, workload } from './builders.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

type Others = {
  readonly kind?: string;
  readonly name?: string;
  /** What the step says besides its template. */
  readonly step?: JsonObject;
  readonly owner?: KubeObject;
};

/** A workload `shop` and its chain `web`, whose only step, `only`, has a template `t`; nothing is planned yet. */
export function oneStep(
  spec: JsonObject,
  { kind = 'ClusterTemplate', name = 't', step = {}, owner = workload('shop') }: Others = {},
): SimulatedCluster {
  const cluster = new SimulatedCluster();
  cluster.put(template(kind, name, spec));
  cluster.put(chain('web', [resource('only', kind, name, step)]));
  cluster.put(owner);
  return cluster;
}
