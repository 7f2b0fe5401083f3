import type { ResourceStatus } from '@cartographer/api';
import { FIELD_MANAGER } from '@cartographer/api';
import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { objectKey, qualifiedResource } from '@cartographer/machinery';
import { hasLegacyFields } from '../world/legacy-fields.ts';
import type { Memory, PlannedEvent, Write, WriteAnswer } from '../world/world.ts';
import { nameMissing } from './advice.ts';
import { alternation } from './alternation.ts';
import type { Dropped } from './dropped-fields.ts';
import { droppedFields, lostFields, pathText, withoutDropped } from './dropped-fields.ts';
import { changeText, haltOf, originText } from './halts.ts';
import { withMadeFrom } from './made-from.ts';
import { foreignController, hasDrifted, projectionDigest } from './object-drift.ts';
import { stampDigestOf } from './stamped-object.ts';
import type { Standing, StandRequest } from './stand.ts';
import { againAfter, appliedEvent, refusal, refused, typeOf, WAITING } from './stand.ts';

/** One request, with what was found out about it. */
type Case = StandRequest & {
  readonly type: ResourceType;
  readonly live: KubeObject | undefined;
  /** Key of what is remembered about the object. */
  readonly memoryKey: string;
  /** Key of what is remembered about template and kind. */
  readonly droppedKey: string;
};

/** Statuses of a refused apply that create might not share (spec/golden/apply-vs-create-real.txt). */
const WORTH_A_TRY = new Set([400, 422, 500]);

/**
 * Makes one object, changed in place, stand as rendered. It is written when its digest differs, a field of ours drifted
 * or it was never wholly taken over; a difference of notation that the server made of an earlier apply is no drift.
 */
export function standMutable(request: StandRequest): Standing {
  const { asks, stamped, owner, resource, templateId } = request;
  const prefix = `failed to get unstructured [${stamped.namespace}/${stamped.name}] from api server: `;
  const type = typeOf(request, prefix);
  if (!('resource' in type)) return type;
  if (stamped.name === '') return refused(`${prefix}resource name may not be empty`, nameMissing(stamped));
  const memoryKey = `object ${qualifiedResource(type)} ${objectKey({ namespace: stamped.namespace, name: stamped.name })}`;
  const holder = request.taken?.get(memoryKey) ?? resource;
  if (holder !== resource) return refused(`patch: object is already stamped by resource [${holder}]`);
  request.taken?.set(memoryKey, resource);
  const observation = asks.observed({ type, namespace: stamped.namespace, name: stamped.name });
  if (observation === undefined) return WAITING;
  if (observation.kind === 'failed') {
    return { kind: 'refused', message: `${prefix}${observation.message}`, retry: againAfter(observation.code) };
  }
  const live = observation.kind === 'present' ? observation.object : undefined;
  const foreign = live === undefined ? undefined : foreignController(live, owner);
  if (foreign !== undefined) {
    return refused(`patch: object is controlled by [${foreign.kind}/${foreign.name}], which is not its owner here`);
  }
  const droppedKey = `dropped ${templateId} ${stamped.apiVersion} ${stamped.kind}`;
  return apply({ ...request, type, live, memoryKey, droppedKey }, `${resource}/apply/${stamped.digest}`);
}

function apply(it: Case, id: string): Standing {
  const { asks, stamped, live } = it;
  const dropped = asks.cluster.recall(it.droppedKey)?.dropped;
  const desired = withoutDropped(stamped.object, dropped);
  const known = asks.cluster.written(id);
  if (known === undefined && live !== undefined && isAsDesired(it, desired, live)) {
    return { kind: 'stands', object: live, type: it.type, events: [], remember: [] };
  }
  const cause = causeOf(it);
  if (known === undefined) {
    const why = (): string | undefined => whyAgain(it, desired, cause);
    const halt = haltOf(it, { cause, type: it.type, name: stamped.name, object: live, why });
    if (halt !== undefined) return halt;
  }
  const answer = asks.written(writeOf(it, id, 'apply', desired, cause));
  if (answer === undefined) return WAITING;
  if (answer.kind === 'done') return stood(it, desired, answer, dropped);
  if (answer.kind === 'refused' && WORTH_A_TRY.has(answer.code)) return tryLeniently(it, desired, answer);
  return refusal(answer, `${verbOf(it)}: ${answer.message}`);
}

/** What makes this object be written again and again. */
function whyAgain(it: Case, desired: KubeObject, cause: Write['cause']): string | undefined {
  const { live } = it;
  if (live === undefined) return whyMadeAgain(it);
  if (cause === 'changed') return changeText(it, live, desired);
  const neighbours = holdersOf(it, desired);
  if (neighbours === undefined) return undefined;
  const others = neighbours.length === 0 ? 'something else' : `field manager [${neighbours.join(', ')}]`;
  const values = alternation(live, desired, it.secrets);
  return `${others} keeps changing fields that the template sets${values === '' ? '' : `: ${values}`}`;
}

/** An object that is not there was deleted, or has another name than the one before. */
function whyMadeAgain(it: Case): string | undefined {
  const { resources = [] } = (it.owner['status'] ?? {}) as { readonly resources?: readonly ResourceStatus[] };
  const before = resources.find(({ name }) => name === it.resource)?.stampedRef?.name ?? it.stamped.name;
  if (before === it.stamped.name) return 'something deletes it each time that it is made';
  const origin = originText(it);
  return origin === undefined ? undefined : `metadata.name: "${before}" ↔ "${it.stamped.name}"; ${origin}`;
}

/** Apply is stricter than create: what create takes, less what it drops, can be applied too. */
function tryLeniently(it: Case, desired: KubeObject, refusedApply: Exclude<WriteAnswer, { kind: 'done' }>): Standing {
  const { asks, stamped, resource } = it;
  const verb = it.live === undefined ? 'tryCreate' : 'tryPatch';
  const answer = asks.written(writeOf(it, `${resource}/try/${stamped.digest}`, verb, desired, 'tried'));
  if (answer === undefined) return WAITING;
  if (answer.kind !== 'done') return refusal(answer, `${verbOf(it)}: ${answer.message}`);
  const dropped = droppedFields(desired, answer.object, refusedApply.message);
  if (dropped === undefined) return refusal(refusedApply, `${verbOf(it)}: ${refusedApply.message}`);
  const rest = withoutDropped(desired, dropped);
  const applied = asks.written(writeOf(it, `${resource}/applyRest/${stamped.digest}`, 'apply', rest, causeOf(it)));
  if (applied === undefined) return WAITING;
  if (applied.kind !== 'done') return refusal(applied, `${verbOf(it)}: ${applied.message}`);
  const before = asks.cluster.recall(it.droppedKey)?.dropped;
  const all = {
    unknown: merged(before?.unknown, dropped.unknown),
    nulls: merged(before?.nulls, dropped.nulls),
    empty: merged(before?.empty, dropped.empty),
  };
  return stood(it, rest, applied, all, warningOf(it, lostFields(dropped, answer.unknownFields)));
}

function merged(before: Dropped['unknown'] | undefined, found: Dropped['unknown']): Dropped['unknown'] {
  const texts = new Set(found.map(pathText));
  return [...(before ?? []).filter((path) => !texts.has(pathText(path))), ...found];
}

/** Names the fields that are lost; a status in a template is ignored by most servers and says nothing. */
function warningOf({ resource, type }: Case, fields: readonly string[]): readonly PlannedEvent[] {
  const lost = fields.filter((path) => path !== 'status');
  if (lost.length === 0) return [];
  const message = `[${resource}] left out fields that [${qualifiedResource(type)}] does not have: ${lost.join(', ')}`;
  return [{ type: 'Warning', reason: 'FieldsLeftOut', message }];
}

function stood(
  it: Case,
  desired: KubeObject,
  { object, created }: Extract<WriteAnswer, { kind: 'done' }>,
  dropped: Dropped | undefined,
  warnings: readonly PlannedEvent[] = [],
): Standing {
  const memory: Memory = {
    neighbours: neighboursOf(object),
    ...(hasLegacyFields(object) ? { legacyKept: true } : {}),
    ...(hasDrifted(desired, object)
      ? { normalised: { digest: it.stamped.digest, projection: projectionDigest(desired, object) } }
      : {}),
  };
  return {
    kind: 'stands',
    object,
    type: it.type,
    events: [appliedEvent(it.type, object, created), ...warnings],
    remember: [
      { key: it.memoryKey, memory },
      ...(dropped === undefined ? [] : [{ key: it.droppedKey, memory: { dropped } }]),
    ],
  };
}

function neighboursOf({ metadata }: KubeObject): readonly string[] {
  const managers = (metadata.managedFields ?? []).filter((entry) => entry.subresource !== 'status');
  const names = new Set(managers.map((entry) => entry.manager ?? ''));
  names.delete(FIELD_MANAGER);
  return [...names].toSorted();
}

/**
 * Field managers that hold fields of ours now, in the words of the conflict that an apply without force would be: our
 * own answers show nobody, since a forced apply takes the fields away. Without a conflict, all that hold anything.
 */
function holdersOf(it: Case, desired: KubeObject): readonly string[] | undefined {
  const answer = it.asks.written(
    writeOf(it, `${it.resource}/tryApply/${it.stamped.digest}`, 'tryApply', desired, 'tried'),
  );
  if (answer === undefined) return undefined;
  const text = answer.kind === 'refused' && answer.code === 409 ? answer.message : '';
  const names = [...text.matchAll(/conflicts? with "([^"]+)"/g)].map(([, name = '']) => name);
  if (names.length > 0) return [...new Set(names)].toSorted();
  return it.asks.cluster.recall(it.memoryKey)?.neighbours ?? [];
}

function isAsDesired(it: Case, desired: KubeObject, live: KubeObject): boolean {
  if (stampDigestOf(live) !== it.stamped.digest) return false;
  const memory = it.asks.cluster.recall(it.memoryKey);
  if (hasLegacyFields(live) && memory?.legacyKept !== true) return false;
  if (!hasDrifted(desired, live)) return true;
  const normalised = memory?.normalised;
  return normalised?.digest === it.stamped.digest && normalised.projection === projectionDigest(desired, live);
}

function causeOf({ live, stamped }: Case): 'created' | 'changed' | 'restored' {
  if (live === undefined) return 'created';
  return stampDigestOf(live) === stamped.digest ? 'restored' : 'changed';
}

/** Upstream reads, then creates or patches; we apply, and say what it came to. */
function verbOf({ live }: Case): 'create' | 'patch' {
  return live === undefined ? 'create' : 'patch';
}

function writeOf(it: Case, id: string, verb: Write['verb'], desired: KubeObject, cause: Write['cause']): Write {
  const object = verb === 'apply' ? withMadeFrom(desired, it.madeFrom()) : desired;
  const takeOver = verb === 'apply' && it.live !== undefined && hasLegacyFields(it.live);
  return {
    id,
    verb,
    resource: it.resource,
    type: it.type,
    object,
    digest: it.stamped.digest,
    cause,
    ...(takeOver ? { takeOver } : {}),
  };
}
