import type { ClusterRunTemplate, ReasonOf, Runnable } from '@cartographer/api';
import { DEFAULT_RETENTION, LABELS, RERUN_ANNOTATION } from '@cartographer/api';
import type { JsonObject, KubeObject, MutableJsonObject, ResourceType } from '@cartographer/machinery';
import { deepEqual, getKey, goText, objectKey, qualifiedResource, setKey } from '@cartographer/machinery';
import { pathExpression } from '../paths/path-expression.ts';
import { conditionsOf } from '../read/object-health.ts';
import { SecretValues } from '../read/secret-values.ts';
import { renderTemplate } from '../render/template-program.ts';
import { accountFailure } from '../report/stamping-account.ts';
import { ownerView } from '../select/owner-view.ts';
import { severalSelected, unfitLabel } from '../stand/advice.ts';
import { notObserved, readsCurrent, tamperedWith } from '../stand/current-read.ts';
import { madeFrom } from '../stand/made-from.ts';
import { runnableLabels } from '../stand/stamp-labels.ts';
import type { Stamping } from '../stand/stamped-object.ts';
import { stampObject } from '../stand/stamped-object.ts';
import { againAfter, objectText, retryOfAll, retryWith } from '../stand/stand.ts';
import { newestFirst, outputRun, rerunNonce, standRun, surplusRuns } from '../stand/stand-run.ts';
import { Asks } from '../world/asks.ts';
import type { ConditionDraft } from '../world/condition-list.ts';
import { conditionList, conditionsJson } from '../world/condition-list.ts';
import { TEKTON_RULE } from '../world/template-kinds.ts';
import type {
  AccountKey,
  Again,
  Dependencies,
  Plan,
  PlannedEvent,
  Retry,
  RunnableWorld,
  Settled,
} from '../world/world.ts';
import { deletionEvents, deletionRetries, runDelete } from './orphans.ts';

/** Where a Runnable got to: `waiting` for an answer, `failed` with a reason, or `ran`. */
type Progress =
  | { readonly kind: 'waiting' }
  | {
      readonly kind: 'failed';
      readonly reason: ReasonOf<'RunTemplateReady'>;
      readonly message: string;
      readonly retry: Again;
      readonly run?: KubeObject;
      /** Outputs of before do not stand: see `carto.run/read`. */
      readonly withdraws?: boolean;
      /** Says what to do, where the message does not. */
      readonly advice?: PlannedEvent | undefined;
    }
  | {
      readonly kind: 'ran';
      readonly run: KubeObject;
      readonly type: ResourceType;
      readonly outputs: JsonObject;
      readonly withdraws: boolean;
      readonly events: readonly PlannedEvent[];
    };

/** A progress that can be reported. */
type Ended = Exclude<Progress, { kind: 'waiting' }>;

const WAITING: Progress = { kind: 'waiting' };
const NEVER: Again = { kind: 'none' };

/** Decides what is to be done for a Runnable: like {@link plan}, for a single run template. */
export function planRunnable(world: RunnableWorld): Plan {
  const { owner, cluster } = world;
  const asks = new Asks(cluster);
  const key = accountOfRunnable(owner);
  if (owner.metadata.deletionTimestamp !== undefined) return settled(world, asks, key, undefined);
  const account = asks.account(key);
  if (account === undefined) return acting(asks, key);
  if (account.kind !== 'found') {
    const { condition, retry: why } = accountFailure(key, account);
    const retry: Retry = why === undefined ? { kind: 'none' } : { kind: 'backoff', message: why };
    asks.template({ kind: 'ClusterRunTemplate', name: (owner as Runnable).spec.runTemplateRef.name });
    return settled(world, asks, key, { drafts: [{ type: 'RunTemplateReady', ...condition }], retry });
  }
  const secrets = new SecretValues();
  const progress = advance(world, asks, secrets);
  if (progress.kind === 'waiting' || asks.open) return acting(asks, key);
  return report(world, asks, key, progress);
}

function accountOfRunnable(runnable: KubeObject): AccountKey {
  const name = (runnable as Runnable).spec.serviceAccountName ?? '';
  return { namespace: runnable.metadata.namespace ?? '', name: name === '' ? 'default' : name };
}

function advance(world: RunnableWorld, asks: Asks, secrets: SecretValues): Progress {
  const runnable = world.owner as Runnable;
  const { name } = runnable.spec.runTemplateRef;
  const template = asks.template({ kind: 'ClusterRunTemplate', name }) as ClusterRunTemplate | undefined;
  if (template === undefined) {
    const message = `unable to get run template [${name}]: failed to get run template object from api server [ClusterRunTemplate/${name}]: ClusterRunTemplate.carto.run "${name}" not found`;
    return { kind: 'failed', reason: 'RunTemplateNotFound', message, retry: NEVER };
  }
  const selection = selectObject(runnable, asks);
  if (selection.kind !== 'selected') return selection;
  if (selection.object !== undefined) secrets.addObject(selection.object);
  const stamping = stampRun(runnable, template, selection.object);
  if (stamping.kind === 'faulty') {
    const message = `unable to stamp object for run template [${name}]: ${secrets.redact(stamping.message)}`;
    return { kind: 'failed', reason: 'TemplateStampFailure', message, retry: NEVER };
  }
  secrets.addObject(stamping.stamped.object);
  const standing = standRun({
    asks,
    owner: runnable,
    resource: '',
    templateId: `ClusterRunTemplate/${name}`,
    stamped: stamping.stamped,
    reads: { producers: [], selected: selection.object },
    secrets,
    madeFrom: () => madeFrom({ template, selected: selection.object }),
    labels: runLabels(runnable),
    nonce: rerunNonce(runnable.metadata.annotations?.[RERUN_ANNOTATION], ''),
  });
  const { namespace, name: given, generateName } = stamping.stamped;
  const place = `[${namespace}/${given === '' ? generateName : given}] for run template [${name}]`;
  switch (standing.kind) {
    case 'waiting':
      return WAITING;
    case 'refused': {
      const message = `unable to apply object ${place}: ${secrets.redact(standing.message)}${unfitLabel(runnableLabels(runnable, name))}`;
      return { kind: 'failed', reason: 'StampedObjectRejectedByAPIServer', message, retry: standing.retry };
    }
    case 'halted': {
      const message = `unable to apply object ${place}: ${standing.message}`;
      const retry: Again = { kind: 'after', afterMs: standing.restMs };
      const withdraws = readsCurrent(asks.cluster, template, standing.type);
      return { kind: 'failed', reason: 'TooManyWrites', message, retry, run: standing.object, withdraws };
    }
    case 'stands':
      return finish(runnable, template, asks, { standing, secrets, desired: stamping.stamped.object });
  }
}

/** The run that the template makes, with what the Runnable selects. */
export function stampRun(runnable: KubeObject, template: KubeObject, selected: KubeObject | undefined): Stamping {
  const program = (template as ClusterRunTemplate).spec.template;
  const rendered = renderTemplate(program, { runnable: ownerView(runnable), selected: selected ?? null });
  if (rendered.kind === 'faulty') return rendered;
  return stampObject(rendered.value, runnable, runnableLabels(runnable, template.metadata.name ?? ''));
}

/** The label that all runs of a Runnable carry. */
export function runLabels({ metadata }: KubeObject): Readonly<Record<string, string>> {
  return { [LABELS.runnableName]: metadata.name ?? '' };
}

type Selection =
  | { readonly kind: 'selected'; readonly object: KubeObject | undefined }
  | Extract<Progress, { kind: 'failed' | 'waiting' }>;

/** Finds the one object that the Runnable selects. A kind that is not known counts as cluster-scoped, as upstream has it. */
export function selectObject({ spec, metadata }: Runnable, asks: Asks): Selection {
  const { selector } = spec;
  if (selector === undefined) return { kind: 'selected', object: undefined };
  const { apiVersion = '', kind = '' } = selector.resource;
  const place = `[${goText(selector.matchingLabels)}], apiVersion [${apiVersion}], kind [${kind}]`;
  const fail = (message: string, retry: Again, what?: PlannedEvent): Selection => ({
    kind: 'failed',
    reason: 'TemplateStampFailure',
    message: `unable to resolve selector ${place}: ${message}`,
    retry,
    advice: what,
  });
  const mapping = asks.mapping(apiVersion, kind);
  if (mapping === undefined) return { kind: 'waiting' };
  if (mapping.kind !== 'mapped')
    return fail(`failed to list objects matching labels: ${mapping.message}`, { kind: 'backoff' });
  const { type } = mapping;
  const listed = asks.selectedObjects({
    type,
    ...(type.namespaced ? { namespace: metadata.namespace ?? '' } : {}),
    labels: selector.matchingLabels,
  });
  if (listed === undefined) return { kind: 'waiting' };
  if (listed.kind === 'failed')
    return fail(`failed to list objects matching labels: ${listed.message}`, againAfter(listed.code));
  const [object] = listed.objects;
  if (object === undefined) return fail('selector did not match any objects', NEVER);
  if (listed.objects.length === 1) return { kind: 'selected', object };
  return fail('selector matched multiple objects', NEVER, severalSelected(type, listed.objects));
}

type Run = {
  readonly standing: Extract<ReturnType<typeof standRun>, { kind: 'stands' }>;
  readonly secrets: SecretValues;
  readonly desired: KubeObject;
};

/** Reads the outputs of the run that counts, and asks for the delete of runs beyond retention. */
function finish(
  runnable: Runnable,
  template: ClusterRunTemplate,
  asks: Asks,
  { standing, secrets, desired }: Run,
): Progress {
  const { object, type, events, runs = [] } = standing;
  const current = readsCurrent(asks.cluster, template, type);
  const mine = runs.filter(({ metadata }) => metadata.labels?.[LABELS.runTemplateName] === template.metadata.name);
  const source = outputRun(object, current ? [object] : mine, TEKTON_RULE);
  const policy = runnable.spec.retentionPolicy ?? DEFAULT_RETENTION;
  for (const run of surplusRuns(newestFirst(mine), TEKTON_RULE, policy, [object, source])) {
    asks.delete(runDelete(type, run));
  }
  const late = current ? (tamperedWith(type, desired, object, secrets) ?? notObserved(type, object)) : undefined;
  if (late !== undefined) {
    return { kind: 'failed', reason: 'NotObserved', message: late, retry: NEVER, run: object, withdraws: true };
  }
  if (source !== undefined) secrets.addObject(source);
  const outputs = source === undefined ? undefined : readOutputs(template, source);
  if (outputs?.kind === 'unread') {
    const { namespace = '' } = object.metadata;
    const what = `[${objectKey(object.metadata)}] of type [${qualifiedResource(type)}]`;
    const message = `waiting to read value from resource [${objectText(type, object.metadata.name)}] in namespace [${namespace}]: unable to retrieve outputs from stamped object ${what} for run template [${template.metadata.name ?? ''}]: ${secrets.redact(outputs.message)}`;
    return { kind: 'failed', reason: 'OutputPathNotSatisfied', message, retry: NEVER, run: object, withdraws: current };
  }
  return { kind: 'ran', run: object, type, outputs: outputs?.outputs ?? {}, withdraws: current, events };
}

type ReadOutputs =
  | { readonly kind: 'read'; readonly outputs: JsonObject }
  | { readonly kind: 'unread'; readonly message: string };

function readOutputs(template: ClusterRunTemplate, run: KubeObject): ReadOutputs {
  const paths = template.spec.outputs ?? {};
  const outputs: MutableJsonObject = {};
  for (const name of Object.keys(paths).toSorted()) {
    const path = getKey(paths, name) as string;
    const result = pathExpression(path)(run);
    if (result.kind !== 'found') {
      return { kind: 'unread', message: `failed to evaluate path [${path}]: ${result.message}` };
    }
    setKey(outputs, name, result.value);
  }
  return { kind: 'read', outputs };
}

function report(world: RunnableWorld, asks: Asks, key: AccountKey, progress: Ended): Settled {
  const deletions = deletionEvents(asks.cluster.deletions());
  const undone = deletionRetries(asks.cluster.deletions());
  if (progress.kind === 'failed') {
    const { reason, message, run, advice: what } = progress;
    return settled(world, asks, key, {
      drafts: [{ type: 'RunTemplateReady', status: 'False', reason, message }, stampedCondition(run)],
      ...(progress.withdraws === true ? { outputs: {} } : {}),
      retry: retryOfAll([retryWith(progress.retry, message), ...undone]),
      events: [...deletions, ...(what === undefined ? [] : [what])],
    });
  }
  const { run, type, outputs, events } = progress;
  const before = (world.owner as Runnable).status?.outputs;
  const isEmpty = Object.keys(outputs).length === 0;
  const latched = isEmpty && !progress.withdraws ? before : outputs;
  const changed = !isEmpty && !deepEqual(before, latched);
  const message = `Runnable [${world.owner.metadata.name ?? ''}] found a new output in [${objectText(type, run.metadata.name)}]`;
  const found: PlannedEvent = { type: 'Normal', reason: 'ResourceOutputChanged', message };
  return settled(world, asks, key, {
    drafts: [{ type: 'RunTemplateReady', status: 'True', reason: 'Ready', message: '' }, stampedCondition(run)],
    outputs: latched,
    events: [...events, ...(changed ? [found] : []), ...deletions],
    retry: retryOfAll(undone),
  });
}

function stampedCondition(run: KubeObject | undefined): ConditionDraft {
  const type = 'StampedObjectCondition';
  const condition = run === undefined ? undefined : conditionsOf(run).find((entry) => entry.type === 'Succeeded');
  if (condition === undefined) return { type, status: 'Unknown', reason: 'Unknown', message: '' };
  const { status, message } = condition;
  const known = status === 'True' || status === 'False' ? status : 'Unknown';
  return { type, status: known, reason: 'SucceededCondition', message };
}

type Report = {
  readonly drafts: readonly ConditionDraft[];
  /** Absent: as they were. */
  readonly outputs?: JsonObject | undefined;
  readonly events?: readonly PlannedEvent[];
  readonly retry?: Retry;
};

/** Without a report the Runnable is left alone. Outputs are kept on every way, errors included. */
function settled({ owner, now }: RunnableWorld, asks: Asks, key: AccountKey, found: Report | undefined): Settled {
  const { drafts = [], events = [], retry = { kind: 'none' } } = found ?? {};
  const before = (owner as Runnable).status ?? {};
  const outputs = found?.outputs ?? before.outputs ?? {};
  const status: JsonObject = {
    observedGeneration: owner.metadata.generation ?? 0,
    conditions: conditionsJson(conditionList(drafts, before.conditions, now)),
    ...(Object.keys(outputs).length === 0 ? {} : { outputs }),
  };
  return {
    kind: 'settled',
    status: found === undefined ? undefined : status,
    statusChanged: found !== undefined && !deepEqual(before, status),
    events,
    dependencies: dependenciesOf(asks, key),
    remember: [],
    retry,
  };
}

function acting(asks: Asks, key: AccountKey): Plan {
  const { lookups, renders, writes, deletes } = asks;
  return { kind: 'act', lookups, renders, writes, deletes, dependencies: dependenciesOf(asks, key) };
}

function dependenciesOf({ templates, unknownKinds, selected }: Asks, account: AccountKey): Dependencies {
  return { templates, account, unknownKinds, selected };
}
