import type { ResourceReference, TemplateOption } from '@cartographer/api';
import type { Json, JsonObject, MutableJsonObject } from '@cartographer/machinery';
import { setKey } from '@cartographer/machinery';
import type { Output, Source } from './resource-outputs.ts';

/** A resource of a supply chain or a delivery; fields that only the other has are absent. */
export type Resource = {
  readonly name: string;
  readonly templateRef: {
    readonly kind: string;
    readonly name?: string;
    readonly options?: readonly TemplateOption[];
  };
  readonly params?: readonly { readonly name: string; readonly value?: Json; readonly default?: Json }[];
  readonly sources?: readonly ResourceReference[];
  readonly images?: readonly ResourceReference[];
  readonly configs?: readonly ResourceReference[];
  readonly deployment?: { readonly resource: string };
};

/** Outputs of this pass by resource; a resource that handed on nothing is absent. */
export type Outputs = ReadonlyMap<string, Output>;

/** Inputs of a resource that are there now, as templates see them. */
export type Inputs = {
  readonly sources: JsonObject;
  readonly images: JsonObject;
  readonly configs: JsonObject;
  readonly deployment: Source | undefined;
};

/** Names of the producing resources, in the order of the status: sources, images, deployment, configs. */
export function producersOf({ sources = [], images = [], deployment, configs = [] }: Resource): readonly string[] {
  const references = deployment === undefined ? [] : [deployment];
  return [...sources, ...images, ...references, ...configs].map(({ resource }) => resource);
}

/** Collects the inputs that the producers hand on in this pass. */
export function inputsOf({ sources, images, configs, deployment }: Resource, outputs: Outputs): Inputs {
  const producer = deployment === undefined ? undefined : outputs.get(deployment.resource);
  return {
    sources: collect(sources, outputs, (output, name) =>
      output.kind === 'source' ? { url: output.source.url, revision: output.source.revision, name } : undefined,
    ),
    images: collect(images, outputs, (output, name) =>
      output.kind === 'image' ? { image: output.image, name } : undefined,
    ),
    configs: collect(configs, outputs, (output, name) =>
      output.kind === 'config' ? { config: output.config, name } : undefined,
    ),
    deployment: producer?.kind === 'source' ? producer.source : undefined,
  };
}

function collect(
  references: readonly ResourceReference[] | undefined,
  outputs: Outputs,
  inputOf: (output: Output, name: string) => JsonObject | undefined,
): JsonObject {
  const inputs: MutableJsonObject = {};
  for (const { name, resource } of references ?? []) {
    const output = outputs.get(resource);
    const input = output === undefined ? undefined : inputOf(output, name);
    if (input !== undefined) setKey(inputs, name, input);
  }
  return inputs;
}

/** The shorthands `source`, `image` and `config`: there when exactly one input of the kind is available. */
export function shorthands({ sources, images, configs }: Inputs): MutableJsonObject {
  const result: MutableJsonObject = {};
  const [source, image, config] = [only(sources), only(images), only(configs)];
  if (source !== undefined) result['source'] = source;
  if (image !== undefined) result['image'] = image['image'];
  if (config !== undefined) result['config'] = config['config'];
  return result;
}

function only(inputs: JsonObject): JsonObject | undefined {
  const keys = Object.keys(inputs);
  return keys.length === 1 ? (inputs[keys[0] as string] as JsonObject) : undefined;
}
