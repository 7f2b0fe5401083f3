import type { HealthConditionRequirement, HealthFieldRequirement, HealthRule } from '@cartographer/api';
import type { Condition, Json, JsonObject, KubeObject } from '@cartographer/machinery';
import { getKey, getPath, goText, isList, isObject } from '@cartographer/machinery';
import { pathExpression } from '../paths/path-expression.ts';
import { fieldHolds } from '../select/owner-selection.ts';
import type { DraftOf } from '../world/condition-list.ts';

/** A judgement of a stamped object: the condition `Healthy` without type and time. */
export type Health = Omit<DraftOf<'Healthy'>, 'type'>;

/** What is judged: the object, if there is one, and what is known without a rule. */
export type Patient = {
  readonly rule: HealthRule | undefined;
  readonly object: KubeObject | undefined;
  readonly hasOutputs: boolean;
  /** A ClusterTemplate, which never has outputs, is healthy when its object exists. */
  readonly needsOutputs: boolean;
};

/** Judges a resource by its template's rule, or by whether it gives out what it should. */
export function healthOf({ rule, object, hasOutputs, needsOutputs }: Patient): Health {
  if (rule !== undefined) return healthByRule(rule, object);
  if (hasOutputs) return health('True', 'OutputsAvailable');
  if (needsOutputs) return health('Unknown', 'OutputNotAvailable');
  return object === undefined ? health('Unknown', 'NoStampedObject') : health('True', 'AlwaysHealthy');
}

/** The status of one run by a rule; without a rule every run counts as successful. */
export function runHealth(rule: HealthRule | undefined, run: KubeObject): Condition['status'] {
  return rule === undefined ? 'True' : healthByRule(rule, run).status;
}

function healthByRule(rule: HealthRule, object: KubeObject | undefined): Health {
  if (rule.alwaysHealthy !== undefined) {
    return object === undefined ? health('Unknown', 'NoStampedObject') : health('True', 'AlwaysHealthy');
  }
  if (object === undefined) return health('Unknown', 'Unknown');
  const type = rule.singleConditionType ?? '';
  return type === '' ? multiMatch(rule.multiMatch, object) : singleCondition(type, object);
}

function singleCondition(type: string, object: KubeObject): Health {
  const reason = `${type}Condition` as const;
  const condition = conditionsOf(object).find((candidate) => candidate.type === type);
  if (condition === undefined) {
    return health('Unknown', reason, `condition with type [${type}] not found on resource status`);
  }
  const { status } = condition;
  return health(status === 'True' || status === 'False' ? status : 'Unknown', reason, condition.message);
}

function multiMatch(rule: HealthRule['multiMatch'], object: KubeObject): Health {
  const conditions = conditionsOf(object);
  const { matchConditions: badConditions = [], matchFields: badFields = [] } = rule?.unhealthy ?? {};
  for (const requirement of badConditions) {
    if (matchingCondition(requirement, conditions) !== undefined) {
      return health('False', 'MatchedCondition', conditionMessage(requirement, conditions));
    }
  }
  for (const requirement of badFields) {
    if (matchesField(requirement, object)) return health('False', 'MatchedField', fieldMessage(requirement, object));
  }
  const { matchConditions = [], matchFields = [] } = rule?.healthy ?? {};
  const healthy =
    matchConditions.length + matchFields.length > 0 &&
    matchConditions.every((requirement) => matchingCondition(requirement, conditions) !== undefined) &&
    matchFields.every((requirement) => matchesField(requirement, object));
  if (!healthy) return health('Unknown', 'NoMatchesFulfilled');
  const [firstCondition] = matchConditions;
  const [firstField] = matchFields;
  if (firstCondition !== undefined) {
    return health('True', 'MatchedCondition', conditionMessage(firstCondition, conditions));
  }
  return health('True', 'MatchedField', firstField === undefined ? '' : fieldMessage(firstField, object));
}

/**
 * The condition that a rule names, as it stands on the object: of several, the first that says that the object is
 * unhealthy, else the first that does not yet say that it is healthy. Undefined where the rule names none, or it is not there.
 */
export function namedCondition(rule: HealthRule | undefined, object: KubeObject): StatusCondition | undefined {
  const conditions = conditionsOf(object);
  const type = rule?.singleConditionType ?? '';
  if (type !== '') return conditions.find((condition) => condition.type === type);
  const { unhealthy, healthy } = rule?.multiMatch ?? {};
  for (const requirement of unhealthy?.matchConditions ?? []) {
    const met = matchingCondition(requirement, conditions);
    if (met !== undefined) return met;
  }
  const unmet = (healthy?.matchConditions ?? []).find((it) => matchingCondition(it, conditions) === undefined);
  return conditions.find((condition) => condition.type === unmet?.type);
}

/**
 * The condition by which an object failed, where that is said of its present generation while the status as a whole is not:
 * Flux leaves `status.observedGeneration` behind until it has succeeded, and has that of the condition tell.
 */
export function presentFailure(rule: HealthRule | undefined, object: KubeObject): StatusCondition | undefined {
  if (runHealth(rule, object) !== 'False') return undefined;
  const condition = namedCondition(rule, object);
  return condition?.observedGeneration === object.metadata.generation ? condition : undefined;
}

function matchingCondition(
  { type, status }: HealthConditionRequirement,
  conditions: readonly StatusCondition[],
): StatusCondition | undefined {
  return conditions.find((condition) => condition.type === type && condition.status === status);
}

function conditionMessage(requirement: HealthConditionRequirement, conditions: readonly StatusCondition[]): string {
  const { status = '', message = '' } = matchingCondition(requirement, conditions) ?? {};
  return `condition status: ${status}, message: ${message}`;
}

/** A field that cannot be evaluated matches nothing. */
function matchesField(requirement: HealthFieldRequirement, object: KubeObject): boolean {
  return fieldHolds(requirement, pathExpression(requirement.key)(object));
}

function fieldMessage({ key, messagePath = '' }: HealthFieldRequirement, object: KubeObject): string {
  const value = pathExpression(key)(object);
  const message = pathExpression(messagePath)(object);
  const shownValue = value.kind === 'found' ? goText(value.value) : '<error retrieving field value>';
  const shownMessage =
    message.kind === 'found' ? goText(message.value) : `unknown, error retrieving message path [${messagePath}]`;
  return `field value: ${shownValue}, message: ${shownMessage}`;
}

type StatusCondition = {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number | undefined;
};

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
const NONE: readonly StatusCondition[] = [];

/** `status.conditions` as metav1.Condition; one entry with a field of the wrong JSON type spoils them all. */
export function conditionsOf(object: KubeObject): readonly StatusCondition[] {
  const list = getPath(object, 'status', 'conditions');
  if (!isList(list)) return NONE;
  const conditions: StatusCondition[] = [];
  for (const entry of list) {
    if (!isObject(entry) || !isWellTyped(entry)) return NONE;
    const generation = getKey(entry, 'observedGeneration');
    conditions.push({
      type: textOf(getKey(entry, 'type')),
      status: textOf(getKey(entry, 'status')),
      reason: textOf(getKey(entry, 'reason')),
      message: textOf(getKey(entry, 'message')),
      observedGeneration: typeof generation === 'number' ? generation : undefined,
    });
  }
  return conditions;
}

function isWellTyped(entry: JsonObject): boolean {
  const texts = ['type', 'status', 'reason', 'message'].every((key) => isAbsentOr('string', getKey(entry, key)));
  const time = getKey(entry, 'lastTransitionTime');
  const timeFits = time === undefined || time === null || (typeof time === 'string' && RFC3339.test(time));
  return texts && timeFits && isAbsentOr('number', getKey(entry, 'observedGeneration'));
}

function isAbsentOr(type: 'string' | 'number', value: Json | undefined): boolean {
  return value === undefined || value === null || typeof value === type;
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function health(status: Health['status'], reason: Health['reason'], message = ''): Health {
  return { status, reason, message };
}
