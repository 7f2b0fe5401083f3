import type { EventReason, StepState } from '@cartographer/api';
import { stepState } from '@cartographer/api';
import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { namedCondition, presentFailure, runHealth } from '../read/object-health.ts';
import type { Inputs, Resource } from '../read/resource-inputs.ts';
import type { Output, OutputFailure, OutputResult, Source } from '../read/resource-outputs.ts';
import { NOTHING, outputValues, readOutput, unreadOutput, withheldOutput } from '../read/resource-outputs.ts';
import { givesSecrets } from '../read/secret-values.ts';
import { holdText } from '../report/hold-text.ts';
import type { Realized } from '../report/realized.ts';
import type { StepFailure } from '../report/step-failure.ts';
import { advice, unfitLabel } from '../stand/advice.ts';
import { notObserved, readsCurrent, readsHealthy, tamperedWith } from '../stand/current-read.ts';
import type { Stamping } from '../stand/stamped-object.ts';
import type { Standing } from '../stand/stand.ts';
import { outputRun, surplusRuns } from '../stand/stand-run.ts';
import { healthRuleOf, retentionOf } from '../world/template-kinds.ts';
import type { Pass } from './pass.ts';
import { blueprintName, failed, labelsOf } from './pass.ts';

/** A resource whose object was brought as far as it goes. */
export type Stood = {
  readonly pass: Pass;
  readonly resource: Resource;
  readonly template: KubeObject;
  readonly inputs: Inputs;
  readonly stamping: Extract<Stamping, { kind: 'stamped' }>;
  readonly standing: Standing;
};

/** What became of a resource by what its object says; undefined while that is awaited. */
export function readStood({ pass, resource, template, inputs, stamping, standing }: Stood): Realized | undefined {
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
      if (readsCurrent(pass.asks.cluster, template, type)) {
        const holds = holdText({ step: resource.name, state: 'failed' }, failure.message);
        return { ...failed(resource, template, failure), stamped: { object, type }, holds };
      }
      const result = readOutput(template, object, inputs.deployment);
      const output = result.kind === 'read' ? result.output : NOTHING;
      const isSecret = noteSecrets(pass, object, output);
      return { ...failed(resource, template, failure), stamped: { object, type }, output, isSecret };
    }
    case 'stands':
      return readStanding({ pass, resource, template, inputs, stamping }, standing);
  }
}

function readStanding(stood: Omit<Stood, 'standing'>, standing: Extract<Standing, { kind: 'stands' }>): Realized {
  const { pass, resource, template, inputs } = stood;
  const { object, type, events, remember, runs } = standing;
  const rule = healthRuleOf(template);
  const current = readsCurrent(pass.asks.cluster, template, type);
  const source = runs === undefined ? object : outputRun(object, current ? [object] : runs, rule);
  const late = current ? lateness(stood, standing) : undefined;
  const result =
    late ?? (source === undefined ? unreadOutput(template) : outputOf(template, source, inputs.deployment));
  const output = result.kind === 'read' ? result.output : NOTHING;
  const isSecret = noteSecrets(pass, source ?? object, output);
  const withheld =
    result.kind === 'read' ? undefined : withholding(stood, { object, type, current, failure: result.failure });
  return {
    resource,
    template,
    passesThrough: false,
    stamped: { object, type },
    output,
    isSecret,
    failure: withheld?.failure,
    holds: withheld?.holds,
    events,
    remember,
    surplus: runs === undefined ? [] : surplusRuns(runs, rule, retentionOf(template), [object, source]),
  };
}

/** Why the object, which is to be read as it is now, cannot be. */
function lateness(
  { pass, stamping }: Pick<Stood, 'pass' | 'stamping'>,
  { object, type, runs }: Extract<Standing, { kind: 'stands' }>,
): Extract<OutputResult, { kind: 'unread' }> | undefined {
  const changed = runs === undefined ? undefined : tamperedWith(type, stamping.stamped.object, object, pass.secrets);
  const message = changed ?? notObserved(type, object);
  return message === undefined ? undefined : { kind: 'unread', failure: { kind: 'notObserved', message } };
}

/** What an object hands on; an unhealthy one nothing, where the template asks for that. */
function outputOf(template: KubeObject, object: KubeObject, deployment: Source | undefined): OutputResult {
  const result = readOutput(template, object, deployment);
  const counts = !readsHealthy(template) || runHealth(healthRuleOf(template), object) === 'True';
  return counts || result.kind === 'unread' ? result : withheldOutput(template);
}

type Unread = {
  readonly object: KubeObject;
  readonly type: ResourceType;
  readonly current: boolean;
  readonly failure: OutputFailure;
};

/** Why nothing is handed on, and whether those who read from the resource are held for it. */
function withholding(
  { pass, resource, template }: Pick<Stood, 'pass' | 'resource' | 'template'>,
  { object, type, current, failure: unread }: Unread,
): Pick<Realized, 'failure' | 'holds'> {
  const rule = healthRuleOf(template);
  const late = unread.kind === 'notObserved';
  const condition = late ? presentFailure(rule, object) : namedCondition(rule, object);
  const isUnhealthy = late ? condition !== undefined : runHealth(rule, object) === 'False';
  const state = stateOf(condition, isUnhealthy);
  const message = pass.secrets.redact(condition?.message ?? unread.message);
  const isRefused = state === 'refused';
  return {
    failure: isRefused
      ? { kind: 'refused', message }
      : { kind: 'output', failure: withoutValues(pass, unread), object, type },
    ...(isRefused || current ? { holds: holdText({ step: resource.name, state }, message) } : {}),
  };
}

/** A rule may call an object unhealthy by a condition that is True, such as a Job's `Failed`, or by a field. */
function stateOf(condition: Parameters<typeof stepState>[0], isUnhealthy: boolean): StepState {
  const state = stepState(condition);
  return isUnhealthy && (state === 'running' || state === 'ready') ? 'failed' : state;
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
export function advised(realized: Realized, reason: EventReason<'Warning'>, what: string | undefined): Realized {
  const { template, resource } = realized;
  if (what === undefined || template === undefined) return realized;
  const message = `[${resource.name}] template [${template.kind}/${template.metadata.name ?? ''}] ${what}`;
  return { ...realized, events: [advice(reason, message)] };
}
