import type { HealthRule } from '@cartographer/api';
import { CONDITION_RULE, FIELD_MANAGER, nextStepOf, stepState } from '@cartographer/api';
import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { fieldManagers, getPath, managersOf, qualifiedResource } from '@cartographer/machinery';
import type { Seen } from '../graph/step-verdicts.ts';
import type { ToldCondition } from '../graph/told-condition.ts';
import { toldConditions } from '../graph/told-condition.ts';
import { namedCondition, runHealth } from '../read/object-health.ts';
import type { SecretValues } from '../read/secret-values.ts';
import { isSecret, REDACTED } from '../read/secret-values.ts';
import { fieldDifferences } from '../stand/alternation.ts';
import { pathText } from '../stand/dropped-fields.ts';
import { stampDigestOf } from '../stand/stamped-object.ts';
import type { Observation, Path } from '../world/world.ts';
import type { ExplainAids, FieldAccount, LiveAccount } from './explained.ts';
import { redactJson, redactObject } from './redact-object.ts';

/** An object of a step, looked up. */
export type Found = { readonly type: ResourceType; readonly name: string; readonly observation: Observation };

/** What is held against the object. */
type Against = {
  readonly rule: HealthRule | undefined;
  /** What the template renders now. */
  readonly desired: KubeObject | undefined;
  readonly secrets: SecretValues;
};

/** The account of what is on the cluster. */
export function liveAccount(found: Found | undefined, against: Against): LiveAccount {
  if (found === undefined) return { kind: 'nothing' };
  const { type, name, observation } = found;
  const resource = qualifiedResource(type);
  if (observation.kind === 'absent') return { kind: 'absent', resource, name };
  if (observation.kind === 'failed') return { kind: 'unread', resource, name, message: observation.message };
  const { object } = observation;
  const { rule, desired, secrets } = against;
  const observed = getPath(object['status'], 'observedGeneration');
  return {
    kind: 'there',
    resource,
    name,
    generation: object.metadata.generation,
    observedGeneration: typeof observed === 'number' ? observed : undefined,
    object: redactObject(object, secrets),
    differences: desired === undefined ? [] : differencesOf(object, desired, secrets),
    others: managersOf(object).filter(
      ({ manager, subresource }) => manager !== FIELD_MANAGER && subresource !== 'status',
    ),
    healthy: runHealth(rule, object),
    condition: conditionOf(rule, object, secrets),
    complaint: rule === undefined ? complaintOf(object, secrets) : undefined,
  };
}

/**
 * What others changed, and what the server did not take. What it made of our own words is no difference: 1000m is 1, and
 * `stringData` is `data`.
 */
function differencesOf(live: KubeObject, desired: KubeObject, secrets: SecretValues): readonly FieldAccount[] {
  const isApplied = stampDigestOf(live) === stampDigestOf(desired);
  const isNotation = (path: Path): boolean => isApplied && fieldManagers(live, path).join() === FIELD_MANAGER;
  const changed = fieldDifferences(live, desired).filter(({ path }) => !isNotation(path));
  return changed.map(({ path, before, after }) => {
    const isData = isSecret(live) && (path[0] === 'data' || path[0] === 'stringData');
    const shown = (value: typeof before): typeof before => {
      if (value === undefined) return undefined;
      return isData ? REDACTED : redactJson(value, secrets);
    };
    return { path: pathText(path), ours: shown(after), live: shown(before), managers: fieldManagers(live, path) };
  });
}

function conditionOf(
  rule: HealthRule | undefined,
  object: KubeObject,
  secrets: SecretValues,
): ToldCondition | undefined {
  const named = namedCondition(rule, object);
  if (named === undefined) return undefined;
  const told = toldConditions(object['status']).find(({ type }) => type === named.type);
  return told === undefined ? undefined : { ...told, message: secrets.redact(told.message) };
}

/** Conditions by which most kinds say whether they did their work. */
const USUAL = ['Ready', 'Succeeded'];

function complaintOf(object: KubeObject, secrets: SecretValues): ToldCondition | undefined {
  const told = toldConditions(object['status']).find(({ type, status }) => status === 'False' && USUAL.includes(type));
  return told === undefined ? undefined : { ...told, message: secrets.redact(told.message) };
}

/** How far a step is by what its object says, where that is more than the status can tell. */
export function seenBy(live: LiveAccount, { explanation }: ExplainAids): Seen | undefined {
  if (live.kind !== 'there') return undefined;
  const { object, complaint } = live;
  const condition = live.condition ?? complaint;
  if (condition === undefined || condition.status === 'True') return undefined;
  const state = stepState(condition);
  const known = explanation?.(object.kind, condition.type, condition.reason);
  if (known === undefined && complaint === undefined && (state === 'running' || state === 'failed')) return undefined;
  return { state, condition, nextStep: nextStepOf(condition, known ?? CONDITION_RULE) };
}
