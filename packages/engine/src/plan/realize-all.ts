import type { Blueprint } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import type { Resource } from '../read/resource-inputs.ts';
import { producersOf } from '../read/resource-inputs.ts';
import type { SecretValues } from '../read/secret-values.ts';
import type { Realized } from '../report/realized.ts';
import type { Asks } from '../world/asks.ts';
import type { World } from '../world/world.ts';
import type { Pass } from './pass.ts';
import { realizeResource } from './realize-resource.ts';

/** What one pass works with; `secrets` takes in what it comes across. */
type Means = { readonly asks: Asks; readonly blueprint: KubeObject; readonly secrets: SecretValues };

/** What came of one pass: each resource that waits for no answer, in the order of the blueprint. */
type Passed = { readonly pass: Pass; readonly realized: readonly Realized[] };

/** One pass over the resources. One that reads from a resource that waits for an answer waits with it. */
export function realizeAll(
  { kind, owner }: Pick<World, 'kind' | 'owner'>,
  { asks, blueprint, secrets }: Means,
): Passed {
  const { spec } = blueprint as Blueprint;
  const pass: Pass = {
    kind,
    owner,
    blueprint,
    blueprintParams: spec.params,
    asks,
    outputs: new Map(),
    held: new Map(),
    taken: new Map(),
    secrets,
  };
  const waiting = new Set<string>();
  const realized: Realized[] = [];
  for (const resource of spec.resources as readonly Resource[]) {
    const mustWait = waiting.size > 0 && producersOf(resource).some((producer) => waiting.has(producer));
    const outcome = mustWait ? undefined : realizeResource(pass, resource);
    if (outcome === undefined) {
      waiting.add(resource.name);
      continue;
    }
    realized.push(outcome);
    if (outcome.holds !== undefined) pass.held.set(resource.name, outcome.holds);
    if (outcome.output.kind !== 'nothing') pass.outputs.set(resource.name, outcome.output);
  }
  return { pass, realized };
}
