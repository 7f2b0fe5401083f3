import type { ResourceOutput, ResourceStatus } from '@cartographer/api';
import { API_VERSION } from '@cartographer/api';
import type { Condition } from '@cartographer/machinery';
import { qualifiedResource } from '@cartographer/machinery';
import type { Health } from '../read/object-health.ts';
import { healthOf, presentFailure } from '../read/object-health.ts';
import { producersOf } from '../read/resource-inputs.ts';
import { shownOutputs } from '../read/resource-outputs.ts';
import type { SecretValues } from '../read/secret-values.ts';
import { REDACTED } from '../read/secret-values.ts';
import { objectText } from '../stand/stand.ts';
import type { ConditionDraft } from '../world/condition-list.ts';
import { conditionIn, conditionList } from '../world/condition-list.ts';
import type { OwnerKind } from '../world/owner-kind.ts';
import { healthRuleOf, templateKind } from '../world/template-kinds.ts';
import type { PlannedEvent } from '../world/world.ts';
import type { Realized } from './realized.ts';
import type { FailurePlace } from './step-failure.ts';
import { failureCondition } from './step-failure.ts';

/** The report on one resource. */
export type ResourceReport = {
  readonly status: ResourceStatus;
  readonly health: Health | undefined;
  readonly place: FailurePlace;
  readonly events: readonly PlannedEvent[];
};

/** What reports on resources have in common. */
export type ReportFrame = {
  readonly kind: OwnerKind;
  readonly blueprint: string;
  readonly now: string;
  readonly secrets: SecretValues;
};

/**
 * Reports on one resource. A resource that could not be stamped this time keeps its earlier entry but for the
 * conditions, its health included: its object is still there.
 */
export function reportResource(
  realized: Realized,
  previous: ResourceStatus | undefined,
  frame: ReportFrame,
): ResourceReport {
  const { resource, passesThrough, stamped, failure } = realized;
  const kept = stamped === undefined && !passesThrough ? previous : undefined;
  const { kind, blueprint, secrets } = frame;
  const found = kept === undefined ? freshHealth(realized) : previousHealth(kept);
  const health = found === undefined ? undefined : { ...found, message: secrets.redact(found.message) };
  const place: FailurePlace = { kind, resource: resource.name, blueprint, health };
  const submitted: ConditionDraft =
    failure === undefined
      ? {
          type: 'ResourceSubmitted',
          status: 'True',
          reason: passesThrough ? 'PassThrough' : 'ResourceSubmissionComplete',
          message: '',
        }
      : failureCondition(failure, place, 'ResourceSubmitted');
  const drafts: readonly ConditionDraft[] =
    health === undefined ? [submitted] : [submitted, { type: 'Healthy', ...health }];
  const conditions = conditionList(drafts, previous?.conditions, frame.now);
  const status = kept === undefined ? freshStatus(realized, previous, conditions, frame.now) : { ...kept, conditions };
  const events = kept === undefined ? changeEvents(realized, previous, status, health) : [];
  return { status, health, place, events: [...realized.events, ...events] };
}

function freshHealth({ template, passesThrough, stamped, output, failure }: Realized): Health | undefined {
  if (template === undefined || passesThrough) return undefined;
  const rule = healthRuleOf(template);
  const isLate = failure?.kind === 'output' && failure.failure.kind === 'notObserved';
  if (isLate && presentFailure(rule, failure.object) === undefined) {
    return { status: 'Unknown', reason: 'NotObserved', message: failure.failure.message };
  }
  return healthOf({
    rule,
    object: stamped?.object,
    hasOutputs: shownOutputs(output).length > 0,
    needsOutputs: templateKind(template.kind).output !== undefined,
  });
}

/** How the object was judged when this entry was written. */
export function previousHealth(previous: ResourceStatus): Health | undefined {
  const condition = healthyOf(previous);
  if (condition === undefined) return undefined;
  const { status, reason, message } = condition;
  return { status, reason: reason as Health['reason'], message };
}

function healthyOf(status: ResourceStatus | undefined): Condition | undefined {
  return conditionIn(status?.conditions, 'Healthy');
}

function freshStatus(
  realized: Realized,
  previous: ResourceStatus | undefined,
  conditions: readonly Condition[],
  now: string,
): ResourceStatus {
  const { resource, template, stamped } = realized;
  const inputs = producersOf(resource).map((name) => ({ name }));
  const outputs = datedOutputs(realized, previous, now);
  return {
    name: resource.name,
    ...(stamped === undefined ? {} : { stampedRef: stampedReference(stamped) }),
    ...(template === undefined
      ? {}
      : { templateRef: { apiVersion: API_VERSION, kind: template.kind, name: template.metadata.name ?? '' } }),
    ...(inputs.length === 0 ? {} : { inputs }),
    ...(outputs.length === 0 ? {} : { outputs }),
    conditions,
  };
}

function stampedReference({ object, type }: NonNullable<Realized['stamped']>): ResourceStatus['stampedRef'] {
  const { namespace, name = '' } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    resource: qualifiedResource(type),
  };
}

function datedOutputs(
  { output, isSecret }: Realized,
  previous: ResourceStatus | undefined,
  now: string,
): readonly ResourceOutput[] {
  return shownOutputs(output).map((entry) => {
    const before = previous?.outputs?.find(({ name }) => name === entry.name);
    const lastTransitionTime = before?.digest === entry.digest ? before.lastTransitionTime : now;
    return { ...entry, ...(isSecret ? { preview: REDACTED } : {}), lastTransitionTime };
  });
}

function changeEvents(
  { resource, passesThrough, stamped }: Realized,
  previous: ResourceStatus | undefined,
  status: ResourceStatus,
  health: Health | undefined,
): readonly PlannedEvent[] {
  const events: PlannedEvent[] = [];
  const object = stamped === undefined ? '<nil>' : objectText(stamped.type, stamped.object.metadata.name);
  if (outputsKey(previous) !== outputsKey(status)) {
    const what = passesThrough ? 'passed through a new output' : `found a new output in [${object}]`;
    events.push({ type: 'Normal', reason: 'ResourceOutputChanged', message: `[${resource.name}] ${what}` });
  }
  const before = healthyOf(previous)?.status ?? 'Unknown';
  if (health !== undefined && health.status !== before) {
    const message = `[${resource.name}] found healthy status in [${object}] changed to [${health.status}]`;
    events.push({ type: 'Normal', reason: 'ResourceHealthyStatusChanged', message });
  }
  return events;
}

function outputsKey(status: ResourceStatus | undefined): string {
  return (status?.outputs ?? []).map(({ name, digest }) => `${name} ${digest}`).join('\n');
}
