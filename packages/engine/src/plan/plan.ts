import type { Blueprint, LentReason, Owner, ResourceStatus } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { deepEqual, goText, isObject } from '@cartographer/machinery';
import { SecretValues, withoutSecrets } from '../read/secret-values.ts';
import type { Realized } from '../report/realized.ts';
import type { ResourceReport } from '../report/resource-status.ts';
import { previousHealth, reportResource } from '../report/resource-status.ts';
import { accountFailure, accountOf } from '../report/stamping-account.ts';
import { failureCondition, retryFor } from '../report/step-failure.ts';
import { bestFits, fitsBlueprint } from '../select/owner-selection.ts';
import { fitsButForLabels, severalFit } from '../stand/advice.ts';
import { reportStopText } from '../stand/halts.ts';
import { retryOfAll } from '../stand/stand.ts';
import { Asks } from '../world/asks.ts';
import type { ConditionDraft } from '../world/condition-list.ts';
import { conditionIn, conditionList, conditionsJson, decidingCondition } from '../world/condition-list.ts';
import type { AccountKey, Dependencies, Plan, PlannedEvent, Retry, Settled, Stop, World } from '../world/world.ts';
import { absentTemplate } from './choose-template.ts';
import { askForDeletes, deletionEvents, deletionRetries } from './orphans.ts';
import { realizeAll } from './realize-all.ts';

/**
 * Decides what is to be done for a Workload or Deliverable, from what is known so far. Pure: equal worlds give equal
 * plans, and a plan whose wishes are all answered has none. The caller does what it asks for, folds the answers into
 * the world, and plans again until it is settled.
 */
export function plan(world: World): Plan {
  const { owner, cluster } = world;
  const asks = new Asks(cluster);
  if (owner.metadata.deletionTimestamp !== undefined) return leftAlone(asks);
  const choice = chooseBlueprint(world);
  if (choice.kind === 'refused') return refuse(world, asks, choice);
  const { blueprint } = choice;
  const unready = unreadiness(world, blueprint);
  if (unready !== undefined) return refuse(world, asks, { draft: unready, blueprint, events: [] });
  const key = accountOf(owner, blueprint);
  const account = asks.account(key);
  if (account === undefined) return acting(asks, blueprint, key);
  if (account.kind !== 'found') {
    const failure = accountFailure(key, account);
    const drafts = [ready(world), { type: 'ResourcesSubmitted', ...failure.condition } as const];
    const retry: Retry = failure.retry === undefined ? { kind: 'none' } : { kind: 'backoff', message: failure.retry };
    return settle(world, { asks, blueprint, key, drafts, retry });
  }
  const stop = cluster.pace('').reported;
  return stop === undefined ? walk(world, asks, blueprint, key) : stopReport(world, { asks, blueprint, key, stop });
}

type Stopped = { readonly asks: Asks; readonly blueprint: KubeObject; readonly key: AccountKey; readonly stop: Stop };

/** Too many writes of the status: it says so once, and nothing is done until the breaker lets it. */
function stopReport(world: World, { asks, blueprint, key, stop }: Stopped): Plan {
  const message = reportStopText(asks, world.owner, stop);
  if (message === undefined) return acting(asks, blueprint, key);
  const draft: ConditionDraft = { type: 'ResourcesSubmitted', status: 'False', reason: 'TooManyWrites', message };
  const retry: Retry = { kind: 'after', afterMs: stop.restMs, message };
  return settle(world, { asks, blueprint, key, drafts: [ready(world), draft], retry });
}

type Refusal = {
  readonly draft: ConditionDraft;
  readonly blueprint?: KubeObject;
  readonly events: readonly PlannedEvent[];
};
type Choice = ({ readonly kind: 'refused' } & Refusal) | { readonly kind: 'chosen'; readonly blueprint: KubeObject };

function chooseBlueprint({ kind, owner, blueprints }: World): Choice {
  const labels = owner.metadata.labels ?? {};
  const refused = (draft: ConditionDraft, events: readonly PlannedEvent[] = []): Choice => ({
    kind: 'refused',
    draft,
    events,
  });
  if (Object.keys(labels).length === 0) {
    return refused(kind.labelsMissing, fitsButForLabels(kind, owner, blueprints));
  }
  const { best, broken } = bestFits(blueprints, (blueprint) => fitsBlueprint(blueprint, owner));
  const [blueprint] = best;
  if (blueprint !== undefined && best.length === 1) return { kind: 'chosen', blueprint };
  const events = broken.map(({ candidate, message }): PlannedEvent => {
    const text = `${kind.blueprintKind} [${candidate.metadata.name ?? ''}] was passed over: ${message}`;
    return { type: 'Warning', reason: 'SelectorError', message: text };
  });
  if (blueprint !== undefined) return refused(kind.multipleMatches, [...events, severalFit(kind, owner, best)]);
  return refused({ ...kind.notFound, message: kind.notFound.message + goText(labels) }, events);
}

/** What the blueprint's own Ready condition says, unless it is ready. */
function unreadiness({ kind }: World, blueprint: KubeObject): ConditionDraft | undefined {
  const condition = conditionIn((blueprint as Blueprint).status?.conditions, 'Ready');
  if (condition?.status === 'True') return undefined;
  const reason = (condition?.reason ?? 'Unknown') as LentReason;
  return { type: kind.blueprintReady, status: 'False', reason, message: condition?.message ?? '' };
}

function leftAlone(asks: Asks): Settled {
  return {
    kind: 'settled',
    status: undefined,
    statusChanged: false,
    events: [],
    dependencies: dependenciesOf(asks, undefined, undefined),
    remember: [],
    retry: { kind: 'none' },
  };
}

/** Nothing is stamped; what was reported on resources stays, but for those whose template is gone. */
function refuse(world: World, asks: Asks, { draft, blueprint, events }: Refusal): Settled {
  const resources = blueprint === undefined ? undefined : withoutTemplates(world, asks, blueprint);
  return settle(world, { asks, blueprint, drafts: [draft], events, resources });
}

/** Upstream makes one more pass between the loss of a template and the blueprint's condition; this is what it leaves. */
function withoutTemplates({ owner, kind, now }: World, asks: Asks, blueprint: KubeObject): readonly ResourceStatus[] {
  const named = new Map((blueprint as Blueprint).spec.resources.map(({ name, templateRef }) => [name, templateRef]));
  return (statusOf(owner).resources ?? []).map((entry) => {
    const reference = named.get(entry.name);
    const name = reference?.name ?? entry.templateRef?.name;
    if (reference === undefined || name === undefined) return entry;
    const failure = absentTemplate(asks, { kind: reference.kind, name });
    if (failure === undefined) return entry;
    const place = { kind, resource: entry.name, blueprint: blueprint.metadata.name ?? '', health: undefined };
    const health = previousHealth(entry);
    const drafts = [
      failureCondition(failure, place, 'ResourceSubmitted'),
      ...(health === undefined ? [] : [{ type: 'Healthy', ...health } as const]),
    ];
    return { ...entry, conditions: conditionList(drafts, entry.conditions, now) };
  });
}

function walk(world: World, asks: Asks, blueprint: KubeObject, key: AccountKey): Plan {
  const { kind, owner, now } = world;
  const secrets = new SecretValues();
  const { realized } = realizeAll(world, { asks, blueprint, secrets });
  if (asks.open) return acting(asks, blueprint, key);
  const previous = statusOf(owner).resources ?? [];
  const frame = { kind, blueprint: blueprint.metadata.name ?? '', now, secrets };
  const reports = realized.map((entry) =>
    reportResource(
      entry,
      previous.find(({ name }) => name === entry.resource.name),
      frame,
    ),
  );
  const current = reports.map(({ status }) => status);
  askForDeletes({ kind, owner, asks, previous, current, realized, owned: world.owned });
  if (asks.open) return acting(asks, blueprint, key);
  return settle(world, {
    asks,
    blueprint,
    key,
    drafts: [ready(world), submitted(realized, reports), healthy(realized, reports)],
    resources: inOrder(previous, current),
    events: [...reports.flatMap(({ events }) => events), ...deletionEvents(asks.cluster.deletions())],
    remember: realized.flatMap(({ remember }) => remember),
    retry: retryOfAll([
      ...realized.flatMap(({ failure }) => (failure === undefined ? [] : [retryFor(failure)])),
      ...deletionRetries(asks.cluster.deletions()),
    ]),
  });
}

function ready({ kind }: World): ConditionDraft {
  return { type: kind.blueprintReady, status: 'True', reason: 'Ready', message: '' };
}

/** The first failure, in the order of the blueprint, speaks for all. */
function submitted(realized: readonly Realized[], reports: readonly ResourceReport[]): ConditionDraft {
  const at = realized.findIndex(({ failure }) => failure !== undefined);
  const failure = realized[at]?.failure;
  const report = reports[at];
  if (failure !== undefined && report !== undefined) {
    return failureCondition(failure, report.place, 'ResourcesSubmitted');
  }
  return { type: 'ResourcesSubmitted', status: 'True', reason: 'ResourceSubmissionComplete', message: '' };
}

/** Resources that pass something through have no health of their own; alone, they are as good as healthy. */
function healthy(realized: readonly Realized[], reports: readonly ResourceReport[]): ConditionDraft {
  const is = (status: ConditionDraft['status'], message: string): ConditionDraft => {
    return { type: 'ResourcesHealthy', status, reason: 'HealthyConditionRule', message };
  };
  const judged = reports.flatMap(({ health }) => (health === undefined ? [] : [health]));
  const deciding = decidingCondition(judged);
  if (deciding !== undefined) return is(deciding.status, deciding.message);
  const neutral = realized.some(({ passesThrough, failure }) => passesThrough && failure === undefined);
  return is(judged.length > 0 || neutral ? 'True' : 'Unknown', '');
}

/** Entries keep their places; new ones come last, in the order of the blueprint. */
function inOrder(previous: readonly ResourceStatus[], current: readonly ResourceStatus[]): readonly ResourceStatus[] {
  const places = new Map(previous.map(({ name }, i) => [name, i]));
  const placeOf = ({ name }: ResourceStatus): number => places.get(name) ?? places.size;
  return current.toSorted((a, b) => placeOf(a) - placeOf(b));
}

type Report = {
  readonly asks: Asks;
  readonly blueprint?: KubeObject | undefined;
  readonly key?: AccountKey | undefined;
  readonly drafts: readonly ConditionDraft[];
  /** Absent: as they were. */
  readonly resources?: readonly ResourceStatus[] | undefined;
  readonly events?: readonly PlannedEvent[];
  readonly remember?: Settled['remember'];
  readonly retry?: Retry;
};

function settle({ owner, kind, now }: World, report: Report): Settled {
  const { asks, blueprint, key, drafts, events = [], remember = [], retry = { kind: 'none' } } = report;
  const before = statusOf(owner);
  const resources = withoutSecrets(report.resources ?? before.resources ?? []);
  const status = {
    observedGeneration: owner.metadata.generation ?? 0,
    conditions: conditionsJson(conditionList(drafts, before.conditions, now)),
    ...(resources.length === 0 ? {} : { resources }),
    [kind.blueprintRef]:
      blueprint === undefined
        ? (before[kind.blueprintRef] ?? {})
        : { kind: blueprint.kind, name: blueprint.metadata.name ?? '' },
  };
  const statusChanged = !deepEqual(owner['status'], status);
  return {
    kind: 'settled',
    status,
    statusChanged,
    events,
    dependencies: dependenciesOf(asks, blueprint, key),
    remember,
    retry,
  };
}

type OwnerStatus = NonNullable<Owner['status']> & {
  readonly supplyChainRef?: JsonObject;
  readonly deliveryRef?: JsonObject;
};

function statusOf(owner: KubeObject): OwnerStatus {
  const { status } = owner;
  return isObject(status) ? status : {};
}

function acting(asks: Asks, blueprint: KubeObject, key: AccountKey): Plan {
  const { lookups, renders, writes, deletes } = asks;
  return { kind: 'act', lookups, renders, writes, deletes, dependencies: dependenciesOf(asks, blueprint, key) };
}

function dependenciesOf(
  { templates, unknownKinds, selected }: Asks,
  blueprint: KubeObject | undefined,
  account: AccountKey | undefined,
): Dependencies {
  return {
    ...(blueprint?.metadata.name === undefined ? {} : { blueprint: blueprint.metadata.name }),
    templates,
    account,
    unknownKinds,
    selected,
  };
}
