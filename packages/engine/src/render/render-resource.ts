import { goJsonValue, goMap } from '@cartographer/api';
import type { Json, JsonObject, KubeObject } from '@cartographer/machinery';
import { goJson, isList, isObject, memoByIdentity, parseYamlDocuments, YamlError } from '@cartographer/machinery';
import { sha256, valueDigest } from '../paths/digests.ts';
import { typedView } from '../paths/typed-view.ts';
import type { Inputs } from '../read/resource-inputs.ts';
import { shorthands } from '../read/resource-inputs.ts';
import type { Source } from '../read/resource-outputs.ts';
import { ownerJson, ownerView } from '../select/owner-view.ts';
import { notAnObject } from '../stand/advice.ts';
import type { Asks } from '../world/asks.ts';
import { templateFields } from '../world/template-kinds.ts';
import type { RenderAnswer } from '../world/world.ts';
import type { Rendered } from './template-program.ts';
import { renderTemplate } from './template-program.ts';

/** Everything that a template can see. */
export type TemplateContext = {
  readonly owner: KubeObject;
  readonly params: JsonObject;
  readonly inputs: Inputs;
  readonly labels: Readonly<Record<string, string>>;
};

/** Renders a resource's template; undefined while the answer to a ytt render is awaited. */
export function renderResource(
  template: KubeObject,
  context: TemplateContext,
  asks: Asks,
): Rendered<JsonObject> | undefined {
  const { template: simple, ytt = '' } = templateFields(template);
  if (simple !== undefined) return renderTemplate(simple, typedContext(context));
  if (ytt === '') return faulty('unknown resource template type, expected either template or ytt');
  const values = plainContext(context);
  const answer = asks.rendered({ id: sha256(`${valueDigest(values)}\n${ytt}`), template: ytt, values });
  if (answer === undefined) return undefined;
  return answer.kind === 'failed' ? faulty(`unable to apply ytt template: ${answer.message}`) : parsed(answer);
}

/** What paths see: the owner and the params with Go's types, the rest as plain JSON. */
function typedContext({ owner, params, inputs, labels }: TemplateContext): unknown {
  const view = ownerView(owner);
  return {
    workload: view,
    deliverable: view,
    params: typedView(goMap(goJsonValue), params),
    sources: inputs.sources,
    images: inputs.images,
    configs: inputs.configs,
    deployment: deploymentValue(inputs.deployment),
    labels,
    ...shorthands(inputs),
  };
}

/** The same for ytt, which sees JSON only. */
function plainContext({ owner, params, inputs, labels }: TemplateContext): JsonObject {
  const json = ownerJson(owner);
  return {
    workload: json,
    deliverable: json,
    params,
    sources: inputs.sources,
    images: inputs.images,
    configs: inputs.configs,
    deployment: deploymentValue(inputs.deployment),
    labels,
    ...shorthands(inputs),
  };
}

function deploymentValue(deployment: Source | undefined): JsonObject | null {
  return deployment === undefined ? null : { url: deployment.url, revision: deployment.revision, name: '' };
}

const parsed = memoByIdentity(({ output }: Extract<RenderAnswer, { kind: 'rendered' }>) => parseOutput(output));

/** The first document of the output; no output at all is an empty object, which fails later for want of a kind. */
function parseOutput(output: string): Rendered<JsonObject> {
  let first: unknown;
  try {
    [first] = parseYamlDocuments(output);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return faulty(`error converting YAML to JSON: yaml: ${error.message}`);
  }
  if (first === undefined || first === null) return { kind: 'rendered', value: {} };
  const decoding = 'error unmarshaling JSON: while decoding JSON: ';
  if (!isObject(first)) {
    const type = isList(first)
      ? 'array'
      : typeof first === 'boolean'
        ? 'bool'
        : typeof first === 'string'
          ? 'string'
          : 'number';
    return faulty(
      `${decoding}json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
      notAnObject(first as Json),
    );
  }
  const { kind } = first;
  if (typeof kind !== 'string' || kind === '') {
    return faulty(`${decoding}Object 'Kind' is missing in '${goJson(first)}'`);
  }
  return { kind: 'rendered', value: first };
}

function faulty(message: string, advice?: string): Rendered<JsonObject> {
  return { kind: 'faulty', message, ...(advice === undefined ? {} : { advice }) };
}
