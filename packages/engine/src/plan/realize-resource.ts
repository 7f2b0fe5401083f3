import { RERUN_ANNOTATION } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { memoByIdentity } from '@cartographer/machinery';
import type { Inputs, Outputs, Resource } from '../read/resource-inputs.ts';
import { inputsOf, producersOf } from '../read/resource-inputs.ts';
import type { Output } from '../read/resource-outputs.ts';
import { NOTHING } from '../read/resource-outputs.ts';
import { renderResource } from '../render/render-resource.ts';
import type { Realized } from '../report/realized.ts';
import { madeFrom } from '../stand/made-from.ts';
import type { Stamping } from '../stand/stamped-object.ts';
import { stampObject } from '../stand/stamped-object.ts';
import type { Standing } from '../stand/stand.ts';
import { standMutable } from '../stand/stand-mutable.ts';
import { rerunNonce, standRun } from '../stand/stand-run.ts';
import { lifecycleOf, templateKind } from '../world/template-kinds.ts';
import { chooseTemplate } from './choose-template.ts';
import type { Pass } from './pass.ts';
import { blueprintName, failed, labelsOf, paramsOf } from './pass.ts';
import { advised, readStood } from './read-standing.ts';

/** Brings one resource as far as it goes: choose, render, stand, read. Undefined while it waits for an answer. */
export function realizeResource(pass: Pass, resource: Resource): Realized | undefined {
  const choice = chooseTemplate(pass, resource);
  if (choice.kind === 'none') return failed(resource, undefined, choice.failure);
  const held = producersOf(resource).find((producer) => pass.held.has(producer));
  if (held !== undefined) {
    const message = pass.held.get(held) ?? '';
    const template = choice.kind === 'template' ? choice.template : undefined;
    return { ...failed(resource, template, { kind: 'held', message }), holds: message };
  }
  const inputs = inputsOf(resource, pass.outputs);
  if (choice.kind === 'passThrough') return passThrough(pass, resource, choice.input, inputs);
  const { template } = choice;
  const stamping = stampResource(pass, resource, template, inputs);
  if (stamping === undefined) return undefined;
  if (stamping.kind === 'faulty') {
    const place = `resource [${resource.name}] for template [${template.kind}/${template.metadata.name ?? ''}]`;
    const message = `unable to stamp object for ${place} in supply chain [${blueprintName(pass)}]: ${pass.secrets.redact(stamping.message)}`;
    return advised(failed(resource, template, { kind: 'stamp', message }), 'TemplateStampFailure', stamping.advice);
  }
  const standing = stand(pass, resource, template, stamping);
  return readStood({ pass, resource, template, inputs, stamping, standing });
}

function passThrough(pass: Pass, resource: Resource, input: string, inputs: Inputs): Realized {
  const from = templateKind(resource.templateRef.kind).passThrough;
  const output = from === 'none' ? NOTHING : producerOutput(pass.outputs, resource, from, input, inputs);
  if (output !== undefined) {
    return { ...failed(resource, undefined, undefined), passesThrough: true, output };
  }
  const place = `for resource [${resource.name}] in supply chain [${blueprintName(pass)}]`;
  const message = `unable to retrieve outputs from pass through [${input}] ${place}: input [${input}] not found in ${from}`;
  return { ...failed(resource, undefined, { kind: 'passThrough', input, message }), passesThrough: true };
}

/** The output behind an input, itself and not a copy: what passes through twice is still shown once. */
function producerOutput(
  outputs: Outputs,
  resource: Resource,
  from: 'sources' | 'images' | 'configs' | 'deployments',
  input: string,
  inputs: Inputs,
): Output | undefined {
  if (from === 'deployments' || !Object.hasOwn(inputs[from], input)) return undefined;
  const reference = resource[from]?.findLast(({ name, resource: producer }) => name === input && outputs.has(producer));
  return reference === undefined ? undefined : outputs.get(reference.resource);
}

type Stamped = { readonly inputs: readonly (Output | undefined)[]; readonly stamping: Stamping } & Pick<
  Pass,
  'blueprint'
> & {
    readonly resource: Resource;
    readonly template: KubeObject;
  };
const stampingsOf = memoByIdentity((_owner: KubeObject) => new Map<string, Stamped>());

/** Renders and stamps; the last result for an owner's resource is kept as long as nothing that went in changes. */
export function stampResource(
  pass: Pass,
  resource: Resource,
  template: KubeObject,
  inputs: Inputs,
): Stamping | undefined {
  const { owner, blueprint, outputs } = pass;
  const produced = producersOf(resource).map((producer) => outputs.get(producer));
  const known = stampingsOf(owner);
  const last = known.get(resource.name);
  if (
    last !== undefined &&
    last.template === template &&
    last.resource === resource &&
    last.blueprint === blueprint &&
    produced.every((output, i) => output === last.inputs[i])
  ) {
    return last.stamping;
  }
  const stamping = stampAnew(pass, resource, template, inputs);
  if (stamping !== undefined) known.set(resource.name, { inputs: produced, stamping, blueprint, resource, template });
  return stamping;
}

function stampAnew(pass: Pass, resource: Resource, template: KubeObject, inputs: Inputs): Stamping | undefined {
  const { owner, asks } = pass;
  const labels = labelsOf(pass, resource, template);
  const params = paramsOf(pass, resource, template);
  const rendered = renderResource(template, { owner, params, inputs, labels }, asks);
  if (rendered === undefined || rendered.kind === 'faulty') return rendered;
  return stampObject(rendered.value, owner, labels);
}

function stand(
  pass: Pass,
  resource: Resource,
  template: KubeObject,
  { stamped }: Extract<Stamping, { kind: 'stamped' }>,
): Standing {
  const { asks, owner, taken } = pass;
  const templateId = `${template.kind}/${template.metadata.name ?? ''}@${template.metadata.generation ?? 0}`;
  const reads = { producers: producersOf(resource) };
  const { secrets } = pass;
  secrets.addObject(stamped.object);
  const request = {
    asks,
    owner,
    resource: resource.name,
    templateId,
    stamped,
    reads,
    secrets,
    madeFrom: () =>
      madeFrom({
        blueprint: pass.blueprint,
        template,
        ...((resource.templateRef.options ?? []).length === 0 ? {} : { option: template.metadata.name }),
        params: paramsOf(pass, resource, template),
        inputs: inputsOf(resource, pass.outputs),
      }),
  };
  if (lifecycleOf(template) === 'mutable') return standMutable({ ...request, taken });
  const labels = labelsOf(pass, resource, template);
  const nonce = rerunNonce(owner.metadata.annotations?.[RERUN_ANNOTATION], resource.name);
  return standRun({ ...request, labels, nonce });
}
