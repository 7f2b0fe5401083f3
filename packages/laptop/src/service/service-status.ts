import { type Condition, type KubeObject, rfc3339, setCondition } from '@cartographer/machinery';
import type { ConditionReasonOf, ConditionTypeOf, EventText } from '../reasons/laptop-reasons.ts';
import { type ServiceStatus, serviceStatus } from './service.ts';

/** How a Service stands, after a look at its processes. */
export type ServiceOutcome = {
  /** The revision of the spec; absent when the spec cannot be honoured. */
  readonly created?: string;
  readonly state:
    | { readonly kind: 'ready' }
    /** It is not known yet whether it works. */
    | { readonly kind: 'deploying'; readonly message?: string }
    | { readonly kind: 'failed'; readonly message: string };
  /** The newest revision that has answered at least once. */
  readonly ready?: string;
  /** The revision that requests go to. */
  readonly serving?: string;
  /** Where requests go; absent while there is no port for it. */
  readonly url?: string;
};

/** Reasons of the conditions of a Service; as in Knative, one that is well has none. */
type ServiceReason = ConditionReasonOf<'Service'> | '';

/** Bounds what an app's words can do to an object. */
const MAX_MESSAGE_CHARS = 4_096;

/** The status after a run, computed from the one before, worded as Knative words it. */
export function nextServiceStatus(object: KubeObject, outcome: ServiceOutcome, nowMs: number): ServiceStatus {
  const previous = serviceStatus(object);
  const name = object.metadata.name ?? '';
  const { url, serving } = outcome;
  const created = outcome.created ?? previous.latestCreatedRevisionName;
  const set = (
    list: readonly Condition[],
    type: ConditionTypeOf<'Service'>,
    [status, reason, message]: Verdict,
  ): readonly Condition[] => {
    const lastTransitionTime = rfc3339(nowMs);
    const old = list.find((condition) => condition.type === type);
    // Knative's rule: the time tells when the status changed, not when the words did.
    const time = old?.status === status ? old.lastTransitionTime : lastTransitionTime;
    const words = { ...(reason === '' ? {} : { reason }), ...(message === '' ? {} : { message: bounded(message) }) };
    return setCondition(list, { type, status, ...words, lastTransitionTime: time } as Condition);
  };
  const configurations = configurationsReady(outcome);
  const routes = routesReady(name, outcome);
  let conditions = set(previous.conditions ?? [], 'ConfigurationsReady', configurations);
  conditions = set(conditions, 'Ready', worst(configurations, routes));
  conditions = set(conditions, 'RoutesReady', routes);
  return {
    observedGeneration: object.metadata.generation ?? 0,
    conditions,
    ...(url === undefined ? {} : { url, address: { url } }),
    ...(created === undefined ? {} : { latestCreatedRevisionName: created }),
    ...(outcome.ready === undefined ? {} : { latestReadyRevisionName: outcome.ready }),
    ...(serving === undefined ? {} : { traffic: [{ latestRevision: true, percent: 100, revisionName: serving }] }),
  };
}

/** The events of a run: what changed about the newest revision. */
export function serviceEvents(object: KubeObject, outcome: ServiceOutcome): readonly EventText<'Service'>[] {
  const previous = serviceStatus(object);
  const before = previous.conditions?.find(({ type }) => type === 'ConfigurationsReady');
  const events: EventText<'Service'>[] = [];
  if (outcome.created !== undefined && outcome.created !== previous.latestCreatedRevisionName) {
    events.push({ type: 'Normal', reason: 'Created', message: `Created Revision "${outcome.created}"` });
  }
  const [status, , message] = configurationsReady(outcome);
  if (status === 'True' && (before?.status !== 'True' || outcome.ready !== previous.latestReadyRevisionName)) {
    const text = `Revision "${outcome.ready ?? ''}" answers at ${outcome.url ?? ''}`;
    events.push({ type: 'Normal', reason: 'LatestReadyUpdate', message: text });
  }
  if (status === 'False' && before?.message !== bounded(message)) {
    events.push({ type: 'Warning', reason: 'RevisionFailed', message });
  }
  return events;
}

type Verdict = readonly [status: Condition['status'], reason: ServiceReason, message: string];

function configurationsReady({ created, state }: ServiceOutcome): Verdict {
  switch (state.kind) {
    case 'ready':
      return ['True', '', ''];
    case 'deploying':
      return ['Unknown', '', state.message === undefined ? '' : `Revision "${created ?? ''}": ${state.message}`];
    case 'failed':
      return [
        'False',
        'RevisionFailed',
        created === undefined ? state.message : `Revision "${created}" failed with message: ${state.message}`,
      ];
  }
}

function routesReady(name: string, { state, ready }: ServiceOutcome): Verdict {
  if (ready !== undefined) return ['True', '', ''];
  switch (state.kind) {
    case 'ready':
      return ['True', '', ''];
    case 'deploying':
      return ['Unknown', 'RevisionMissing', `Configuration "${name}" is waiting for a Revision to become ready.`];
    case 'failed':
      return ['False', 'RevisionMissing', `Configuration "${name}" does not have any ready Revision.`];
  }
}

/** The happy condition says what the first unhappy one of its dependents says. */
function worst(...dependents: readonly Verdict[]): Verdict {
  const failed = dependents.find(([status]) => status === 'False');
  const waiting = dependents.filter(([status]) => status === 'Unknown');
  const telling = waiting.find(([, , message]) => message !== '');
  return failed ?? telling ?? waiting[0] ?? ['True', '', ''];
}

function bounded(message: string): string {
  return message.length > MAX_MESSAGE_CHARS ? `${message.slice(0, MAX_MESSAGE_CHARS - 1)}…` : message;
}
