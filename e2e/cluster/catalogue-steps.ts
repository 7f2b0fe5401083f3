import type { Client } from '@cartographer/kube';
import { createRestMapper, systemClock } from '@cartographer/kube';
import { findCondition, type KubeObject, listAt, textAt } from '@cartographer/machinery';
import { until } from '../carto-process.ts';
import { readTools, type Tool } from '../catalogue/tools.ts';

/** How a step stands: `Healthy` with its message, and its outputs. */
export type StepView = {
  readonly healthy: string;
  readonly message: string;
  readonly outputs: Readonly<Record<string, string>>;
};

const tools = new Map(readTools().map((tool) => [tool.name, tool]));

/** A tool of the catalogue, by the name of its folder. */
export function toolOf(name: string): Tool {
  const tool = tools.get(name);
  if (tool === undefined) throw new Error(`there is no examples/catalogue/${name}`);
  return tool;
}

/** The owner of a tool's chain, with more in its spec. */
export function ownerOf(tool: string, spec: object): KubeObject {
  const { owner } = toolOf(tool);
  return { ...owner, spec: { ...(owner['spec'] as object), ...spec } };
}

/** How a step of a tool's chain stands now. */
export async function stepOf(client: Client, tool: string, name: string): Promise<StepView> {
  const { owner } = toolOf(tool);
  const type = await createRestMapper({ client, clock: systemClock }).resourceFor(owner);
  const { namespace = '', name: ownerName = '' } = owner.metadata;
  const { status } = await client.get(type, { namespace, name: ownerName });
  const step = listAt(status, 'resources').find((each) => textAt(each, 'name') === name);
  const healthy = findCondition(listAt(step, 'conditions') as never, 'Healthy');
  const outputs = listAt(step, 'outputs').map((each) => [textAt(each, 'name'), textAt(each, 'preview').trimEnd()]);
  return { healthy: healthy?.status ?? '', message: healthy?.message ?? '', outputs: Object.fromEntries(outputs) };
}

/** Waits until a step stands as is said; throws how it stands when it does not come to that. */
export async function untilStepOf(
  client: Client,
  tool: string,
  name: string,
  holds: (view: StepView) => boolean,
): Promise<StepView> {
  let view: StepView | undefined;
  await until(`step ${name} of ${tool} stands so`, async () => {
    view = await stepOf(client, tool, name);
    return holds(view);
  }).catch((cause: unknown) => {
    throw new Error(`step ${name} of ${tool}: ${JSON.stringify(view)}`, { cause });
  });
  return view as StepView;
}
