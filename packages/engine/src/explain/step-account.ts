import type { Blueprint, Owner } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import type { BlueprintStep } from '../graph/blueprint-steps.ts';
import type { PathNode } from '../graph/path.ts';
import type { Pass } from '../plan/pass.ts';
import { stampResource } from '../plan/realize-resource.ts';
import type { Resource } from '../read/resource-inputs.ts';
import { inputsOf } from '../read/resource-inputs.ts';
import type { SecretValues } from '../read/secret-values.ts';
import type { Realized } from '../report/realized.ts';
import { bestFits, fitsOption } from '../select/owner-selection.ts';
import type { Stamping } from '../stand/stamped-object.ts';
import { healthRuleOf, templateFields } from '../world/template-kinds.ts';
import type {
  ExplainAids,
  LiveAccount,
  OptionAccount,
  ReadAccount,
  RenderedAccount,
  StepAccount,
} from './explained.ts';
import type { Passage } from './input-account.ts';
import { inputAccounts } from './input-account.ts';
import type { Found } from './live-account.ts';
import { liveAccount } from './live-account.ts';
import type { ParamAccount } from './param-account.ts';
import { paramAccounts } from './param-account.ts';
import { readAccounts } from './read-account.ts';
import { redactJson, redactObject } from './redact-object.ts';
import { selectorFit } from './selection-account.ts';

/** All of a step's account but how far it is. */
export type StepDetails = Omit<StepAccount, keyof PathNode | 'awaits' | 'notes'>;

/** What the details of one step are made from. */
export type StepScene = {
  readonly pass: Pass;
  readonly realized: Realized;
  readonly step: BlueprintStep;
  readonly passage: Passage;
  readonly found: Found | undefined;
  readonly aids: ExplainAids;
};

/** The details of a step that only the status knows. */
export const NO_DETAILS: StepDetails = {
  choice: [],
  params: [],
  inputs: [],
  rendered: { kind: 'nothing', why: 'the blueprint does not have this step' },
  live: { kind: 'nothing' },
  reads: [],
};

/** The details of a step of the blueprint. */
export function stepDetails(scene: StepScene): StepDetails {
  const { pass, realized, step, passage, found } = scene;
  const { resource, template } = realized;
  const { secrets } = pass;
  const stamping = renderingOf(pass, realized);
  const desired = stamping?.kind === 'stamped' ? stamping.stamped.object : undefined;
  const live = liveAccount(found, { rule: template && healthRuleOf(template), desired, secrets });
  return {
    choice: choiceOf(pass.owner, resource, realized),
    params:
      template === undefined
        ? []
        : paramAccounts(levelsOf(pass, resource, template)).map((param) => withoutSecrets(param, secrets)),
    inputs: inputAccounts(step, passage),
    rendered: renderedOf(stamping, scene),
    live,
    reads: readsOf(live, scene),
  };
}

function withoutSecrets(param: ParamAccount, secrets: SecretValues): ParamAccount {
  const given = param.given.map((it) => ({ ...it, value: redactJson(it.value, secrets) }));
  return { ...param, value: redactJson(param.value, secrets), given };
}

function levelsOf(
  { owner, blueprint }: Pass,
  resource: Resource,
  template: KubeObject,
): Parameters<typeof paramAccounts>[0] {
  return {
    template: templateFields(template).params,
    blueprint: (blueprint as Blueprint).spec.params,
    resource: resource.params,
    owner: (owner as Owner).spec.params,
  };
}

/** What the template makes of what is there now; undefined where it has nothing to make. */
export function renderingOf(
  pass: Pass,
  { resource, template, passesThrough, failure }: Realized,
): Stamping | undefined {
  if (template === undefined || passesThrough || failure?.kind === 'held') return undefined;
  return stampResource(pass, resource, template, inputsOf(resource, pass.outputs));
}

function renderedOf(stamping: Stamping | undefined, { pass, realized, passage, step }: StepScene): RenderedAccount {
  if (realized.passesThrough) return { kind: 'nothing', why: 'an input is passed through' };
  if (realized.template === undefined) return { kind: 'nothing', why: 'there is no template' };
  const lacking = step.inputs.find(({ from }) => passage.realized.get(from)?.output.kind === 'nothing');
  if (stamping?.kind === 'stamped')
    return { kind: 'rendered', object: redactObject(stamping.stamped.object, pass.secrets) };
  if (lacking !== undefined) return { kind: 'nothing', why: `${lacking.from} hands on nothing yet` };
  return stamping === undefined
    ? { kind: 'nothing', why: 'its input is held back' }
    : { kind: 'faulty', message: pass.secrets.redact(stamping.message) };
}

function readsOf(live: LiveAccount, { realized, found, pass, aids }: StepScene): readonly ReadAccount[] {
  const { template } = realized;
  if (live.kind !== 'there' || template === undefined || found?.observation.kind !== 'present') return [];
  const { object } = found.observation;
  return readAccounts(template, {
    object,
    schema: aids.schema?.(found.type),
    secrets: pass.secrets,
    isSecret: realized.isSecret,
  });
}

function choiceOf(
  owner: KubeObject,
  { templateRef }: Resource,
  { template, failure }: Realized,
): readonly OptionAccount[] {
  const { options = [] } = templateRef;
  const { best } = bestFits(options, (option) => fitsOption(option.selector, owner));
  const isClear = best.length === 1 && failure?.kind !== 'resolveOptions';
  return options.map((option) => {
    const { name = '', passThrough = '' } = option;
    const taken =
      isClear && best[0] === option && (passThrough !== '' || template !== undefined || failure !== undefined);
    const fit = selectorFit(
      passThrough === '' ? name : passThrough,
      fitsOption(option.selector, owner),
      option.selector,
      owner,
    );
    return { ...fit, passesThrough: passThrough !== '', taken };
  });
}
