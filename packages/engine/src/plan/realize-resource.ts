import type { EventReason, TemplateOption } from '@cartographer/api';
import { RERUN_ANNOTATION } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { memoByIdentity } from '@cartographer/machinery';
import { paramValues } from '../read/param-values.ts';
import type { Inputs, Outputs, Resource } from '../read/resource-inputs.ts';
import { inputsOf, producersOf } from '../read/resource-inputs.ts';
import type { Output, OutputFailure } from '../read/resource-outputs.ts';
import { NOTHING, outputValues, readOutput, unreadOutput } from '../read/resource-outputs.ts';
import type { SecretValues } from '../read/secret-values.ts';
import { givesSecrets } from '../read/secret-values.ts';
import { renderResource } from '../render/render-resource.ts';
import type { Realized } from '../report/realized.ts';
import type { StepFailure } from '../report/step-failure.ts';
import { bestFits, fitsOption } from '../select/owner-selection.ts';
import { advice, unfitLabel } from '../stand/advice.ts';
import { stampLabels } from '../stand/stamp-labels.ts';
import type { Stamping } from '../stand/stamped-object.ts';
import { stampObject } from '../stand/stamped-object.ts';
import type { Standing } from '../stand/stand.ts';
import { standMutable } from '../stand/stand-mutable.ts';
import { outputRun, rerunNonce, standRun, surplusRuns } from '../stand/stand-run.ts';
import type { Asks } from '../world/asks.ts';
import type { OwnerKind } from '../world/owner-kind.ts';
import { healthRuleOf, lifecycleOf, retentionOf, templateFields, templateKind } from '../world/template-kinds.ts';
import type { TemplateKey } from '../world/world.ts';

/** What one pass over a blueprint shares among its resources. */
export type Pass = {
  readonly kind: OwnerKind;
  readonly owner: KubeObject;
  readonly blueprint: KubeObject;
  readonly blueprintParams: Resource['params'];
  readonly asks: Asks;
  readonly outputs: Map<string, Output>;
  /** Objects that resources of this pass stamp in place, by key: no two may stamp the same. */
  readonly taken: Map<string, string>;
  /** Values of Secrets that the steps so far have read or stamped. */
  readonly secrets: SecretValues;
};

type Choice =
  | { readonly kind: 'template'; readonly template: KubeObject }
  | { readonly kind: 'passThrough'; readonly input: string }
  | { readonly kind: 'none'; readonly failure: StepFailure };

/** Brings one resource as far as it goes: choose, render, stand, read. Undefined while it waits for an answer. */
export function realizeResource(pass: Pass, resource: Resource): Realized | undefined {
  const choice = chooseTemplate(pass, resource);
  if (choice.kind === 'none') return failed(resource, undefined, choice.failure);
  const inputs = inputsOf(resource, pass.outputs);
  if (choice.kind === 'passThrough') return passThrough(pass, resource, choice.input, inputs);
  const { template } = choice;
  const stamping = stamp(pass, resource, template, inputs);
  if (stamping === undefined) return undefined;
  if (stamping.kind === 'faulty') {
    const place = `resource [${resource.name}] for template [${template.kind}/${template.metadata.name ?? ''}]`;
    const message = `unable to stamp object for ${place} in supply chain [${blueprintName(pass)}]: ${pass.secrets.redact(stamping.message)}`;
    return advised(failed(resource, template, { kind: 'stamp', message }), 'TemplateStampFailure', stamping.advice);
  }
  const standing = stand(pass, resource, template, stamping);
  return read({ pass, resource, template, inputs, stamping, standing });
}

function chooseTemplate({ owner, blueprint, asks }: Pass, resource: Resource): Choice {
  const { kind, name, options = [] } = resource.templateRef;
  const place = `for resource [${resource.name}] in supply chain [${blueprint.metadata.name ?? ''}]`;
  const none = (failure: 'resolveOptions' | 'matchOptions', message: string): Choice => {
    const text = `get template name from resource: find matching template option: ${message}`;
    return { kind: 'none', failure: { kind: failure, message: text } };
  };
  let chosen = name ?? '';
  if (options.length > 0) {
    const { best, broken } = bestFits(options, (option) => fitsOption(option.selector, owner));
    const [fault] = broken;
    if (fault !== undefined) {
      const text = `error matching against template option [${fault.candidate.name ?? ''}] ${place}: ${fault.message}`;
      return none('resolveOptions', text);
    }
    const [only] = best;
    if (only === undefined || best.length > 1) return none('matchOptions', noSingleOption(best, place));
    if (only.passThrough !== undefined && only.passThrough !== '') {
      return { kind: 'passThrough', input: only.passThrough };
    }
    chosen = only.name ?? '';
  }
  const template = asks.template({ kind, name: chosen });
  return template === undefined
    ? { kind: 'none', failure: noTemplate({ kind, name: chosen }) }
    : { kind: 'template', template };
}

function noTemplate({ kind, name }: TemplateKey): StepFailure {
  const message = `failed to get cluster template [{Kind:${kind} Name:${name}}]: resource does not match a known template`;
  return { kind: 'noTemplate', message };
}

/** The failure of a resource whose template is not there, or undefined when it is. */
export function absentTemplate(asks: Asks, key: TemplateKey): StepFailure | undefined {
  return asks.template(key) === undefined ? noTemplate(key) : undefined;
}

function noSingleOption(best: readonly TemplateOption[], place: string): string {
  const names = best.length === 0 ? '' : `[${best.map(({ name = '' }) => name).join(', ')}] `;
  return `expected exactly 1 option to match, found [${best.length}] matching options ${names}${place}`;
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
function stamp(pass: Pass, resource: Resource, template: KubeObject, inputs: Inputs): Stamping | undefined {
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
  const spec = owner['spec'] as { readonly params?: Parameters<typeof paramValues>[0]['owner'] } | undefined;
  const params = paramValues({
    template: templateFields(template).params,
    blueprint: pass.blueprintParams,
    resource: resource.params,
    owner: spec?.params,
  });
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
  const request = { asks, owner, resource: resource.name, templateId, stamped, reads, secrets };
  if (lifecycleOf(template) === 'mutable') return standMutable({ ...request, taken });
  const labels = labelsOf(pass, resource, template);
  const nonce = rerunNonce(owner.metadata.annotations?.[RERUN_ANNOTATION], resource.name);
  return standRun({ ...request, labels, nonce });
}

type Stood = {
  readonly pass: Pass;
  readonly resource: Resource;
  readonly template: KubeObject;
  readonly inputs: Inputs;
  readonly stamping: Extract<Stamping, { kind: 'stamped' }>;
  readonly standing: Standing;
};

function read({ pass, resource, template, inputs, stamping, standing }: Stood): Realized | undefined {
  switch (standing.kind) {
    case 'waiting':
      return undefined;
    case 'refused': {
      const { namespace, name } = stamping.stamped;
      const { retry } = standing;
      const place = `resource [${resource.name}] in supply chain [${blueprintName(pass)}]`;
      const why = `${pass.secrets.redact(standing.message)}${unfitLabel(labelsOf(pass, resource, template))}`;
      const message = `unable to apply object [${namespace}/${name}] for ${place}: ${why}`;
      const refused = failed(resource, template, { kind: 'apply', message, retry });
      return advised(refused, 'TemplateRejectedByAPIServer', standing.advice);
    }
    case 'halted': {
      const { object, type, restMs } = standing;
      const failure: StepFailure = {
        kind: 'halted',
        message: `resource [${resource.name}] ${standing.message}`,
        restMs,
      };
      if (object === undefined) return failed(resource, template, failure);
      const result = readOutput(template, object, inputs.deployment);
      const output = result.kind === 'read' ? result.output : NOTHING;
      const isSecret = noteSecrets(pass, object, output);
      return { ...failed(resource, template, failure), stamped: { object, type }, output, isSecret };
    }
    case 'stands':
      return readStanding({ pass, resource, template, inputs }, standing);
  }
}

function readStanding(
  { pass, resource, template, inputs }: Pick<Stood, 'pass' | 'resource' | 'template' | 'inputs'>,
  standing: Extract<Standing, { kind: 'stands' }>,
): Realized {
  const { object, type, events, remember, runs } = standing;
  const rule = healthRuleOf(template);
  const source = runs === undefined ? object : outputRun(object, runs, rule);
  const result = source === undefined ? unreadOutput(template) : readOutput(template, source, inputs.deployment);
  const output = result.kind === 'read' ? result.output : NOTHING;
  const isSecret = noteSecrets(pass, source ?? object, output);
  return {
    resource,
    template,
    passesThrough: false,
    stamped: { object, type },
    output,
    isSecret,
    failure:
      result.kind === 'read'
        ? undefined
        : { kind: 'output', failure: withoutValues(pass, result.failure), object, type },
    events,
    remember,
    surplus: runs === undefined ? [] : surplusRuns(runs, rule, retentionOf(template), [object, source]),
  };
}

/** Takes note of what a Secret holds and gives out; whether it does. */
function noteSecrets({ asks, secrets }: Pass, object: KubeObject, output: Output): boolean {
  const isSecret = givesSecrets(object, asks.cluster);
  secrets.addObject(object);
  if (isSecret) for (const value of outputValues(output)) secrets.add(value);
  return isSecret;
}

function withoutValues({ secrets }: Pass, failure: OutputFailure): OutputFailure {
  return { ...failure, message: secrets.redact(failure.message) };
}

/** The same with an event that says what to do where the condition, whose text is upstream's, does not. */
function advised(realized: Realized, reason: EventReason<'Warning'>, what: string | undefined): Realized {
  const { template, resource } = realized;
  if (what === undefined || template === undefined) return realized;
  const message = `[${resource.name}] template [${template.kind}/${template.metadata.name ?? ''}] ${what}`;
  return { ...realized, events: [advice(reason, message)] };
}

function labelsOf({ kind, owner, blueprint }: Pass, resource: Resource, template: KubeObject): Record<string, string> {
  return stampLabels(kind, owner, { blueprint: blueprint.metadata.name ?? '', resource: resource.name }, template);
}

function failed(resource: Resource, template: KubeObject | undefined, failure: StepFailure | undefined): Realized {
  return {
    resource,
    template,
    passesThrough: false,
    stamped: undefined,
    output: NOTHING,
    isSecret: false,
    failure,
    events: [],
    remember: [],
    surplus: [],
  };
}

function blueprintName({ blueprint }: Pass): string {
  return blueprint.metadata.name ?? '';
}
