import type { HealthRule, RetentionPolicy } from '@cartographer/api';
import { RERUN_ANNOTATION, STAMP_DIGEST_ANNOTATION } from '@cartographer/api';
import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { sha256 } from '../paths/digests.ts';
import { runHealth } from '../read/object-health.ts';
import type { ObjectsKey, PlannedEvent, Write } from '../world/world.ts';
import { alternation } from './alternation.ts';
import { changeText, haltOf } from './halts.ts';
import { withMadeFrom } from './made-from.ts';
import { hasDrifted } from './object-drift.ts';
import { stampDigestOf } from './stamped-object.ts';
import type { Standing, StandRequest } from './stand.ts';
import { againAfter, appliedEvent, refusal, typeOf, WAITING } from './stand.ts';

/** A run: an object that is made anew for each set of inputs and never changed. */
export type RunRequest = StandRequest & {
  /** Labels that all runs of the resource carry. */
  readonly labels: Readonly<Record<string, string>>;
  /** Asks for the same inputs to be run again; '' when nobody asks. */
  readonly nonce: string;
};

const LONGEST_NAME = 63;
const HASH_LENGTH = 10;

/**
 * Makes the run of the current inputs stand. Its name follows from owner, resource, digest and nonce, so that a run is
 * found again after a restart, and a create that is sent twice makes one object.
 */
export function standRun(request: RunRequest): Standing {
  const { asks, stamped, owner, labels } = request;
  const prefix = 'unable to list from api server: ';
  const type = typeOf(request, prefix);
  if (!('resource' in type)) return type;
  const key: ObjectsKey = { type, namespace: stamped.namespace, labels };
  const listing = asks.listed(key);
  if (listing === undefined) return WAITING;
  if (listing.kind === 'failed') {
    return { kind: 'refused', message: `${prefix}${listing.message}`, retry: againAfter(listing.code) };
  }
  const runs = listing.objects.filter((object) => belongsTo(object, owner));
  const found = currentRun(request, runs);
  const write = writeOf(request, type, key);
  const isMadeNow = asks.cluster.written(write.id)?.kind === 'done';
  return found === undefined || isMadeNow ? create(request, write, runs) : stands(type, runs, found);
}

function stands(
  type: ResourceType,
  runs: readonly KubeObject[],
  object: KubeObject,
  events: readonly PlannedEvent[] = [],
): Standing {
  const others = runs.filter((run) => run.metadata.name !== object.metadata.name);
  return { kind: 'stands', object, type, events, remember: [], runs: [...others, object] };
}

function writeOf(request: RunRequest, type: ResourceType, fresh: ObjectsKey): Write {
  const { stamped, resource } = request;
  const name = runName(request);
  const object = name === '' ? stamped.object : named(stamped.object, name);
  const id = `${resource}/create/${name}/${stamped.digest}`;
  return { id, verb: 'create', resource, type, object, digest: stamped.digest, cause: 'created', fresh };
}

function create(request: RunRequest, write: Write, runs: readonly KubeObject[]): Standing {
  const { asks, stamped } = request;
  const { type } = write;
  if (asks.cluster.written(write.id) === undefined) {
    const [newest] = newestFirst(runs);
    const name = stamped.generateName === '' ? stamped.name : stamped.generateName;
    const why = (): string | undefined => whyAnew(request, newest);
    const halt = haltOf(request, { cause: 'created', type, name, object: newest, why });
    if (halt !== undefined) return halt;
  }
  const answer = asks.written({ ...write, object: withMadeFrom(write.object, request.madeFrom()) });
  if (answer === undefined) return WAITING;
  if (answer.kind === 'done') return stands(type, runs, answer.object, [appliedEvent(type, answer.object, true)]);
  if (answer.kind === 'exists' && isRunOf(request, answer.object)) return stands(type, runs, answer.object);
  const name = write.object.metadata.name ?? '';
  const generated = stamped.name === '' && name !== '';
  const message = generated ? answer.message.replaceAll(name, stamped.generateName) : answer.message;
  return refusal(answer, `create: ${message}`);
}

/** What makes run after run be made. */
function whyAnew(request: RunRequest, newest: KubeObject | undefined): string | undefined {
  if (newest === undefined) return 'something deletes each one that is made';
  const { object } = request.stamped;
  if (alternation(newest, object, request.secrets) !== '') return changeText(request, newest, object);
  return `the annotation ${RERUN_ANNOTATION} of the owner changes`;
}

function named(object: KubeObject, name: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, name } };
}

/** The template's own name, or its prefix and a hash; '' when it has neither, which the server will refuse. */
function runName({ stamped, owner, resource, nonce }: RunRequest): string {
  if (stamped.name !== '' || stamped.generateName === '') return stamped.name;
  const identity = [owner.metadata.uid ?? '', resource, stamped.digest, nonce].join('\n');
  return stamped.generateName.slice(0, LONGEST_NAME - HASH_LENGTH) + sha256(identity).slice(0, HASH_LENGTH);
}

/** The run of the current inputs: by name and digest, or one stamped before digests were written that is equal. */
function currentRun(request: RunRequest, runs: readonly KubeObject[]): KubeObject | undefined {
  const { stamped, nonce } = request;
  const found = runs.find((run) => isRunOf(request, run));
  if (found !== undefined || nonce !== '') return found;
  const unmarked = newestFirst(runs.filter((run) => stampDigestOf(run) === undefined));
  const comparable = withoutDigest(stamped.object);
  return unmarked.find((run) => !hasDrifted(comparable, run));
}

function withoutDigest(object: KubeObject): KubeObject {
  const { [STAMP_DIGEST_ANNOTATION]: _digest, ...annotations } = object.metadata.annotations ?? {};
  return { ...object, metadata: { ...object.metadata, annotations } };
}

function isRunOf(request: RunRequest, run: KubeObject): boolean {
  return (
    run.metadata.name === runName(request) &&
    stampDigestOf(run) === request.stamped.digest &&
    belongsTo(run, request.owner)
  );
}

function belongsTo({ metadata }: KubeObject, owner: KubeObject): boolean {
  return (metadata.ownerReferences ?? []).some((reference) => reference.uid === owner.metadata.uid);
}

/** Runs by age, the newest first; those of one second by name, so that the order is the same each time. */
export function newestFirst(runs: readonly KubeObject[]): readonly KubeObject[] {
  return runs.toSorted((left, right) => {
    const a = left.metadata.creationTimestamp ?? '';
    const b = right.metadata.creationTimestamp ?? '';
    if (a !== b) return a < b ? 1 : -1;
    return (left.metadata.name ?? '') < (right.metadata.name ?? '') ? -1 : 1;
  });
}

/** The run whose outputs count: that of the current inputs if it is healthy, else the newest healthy one. */
export function outputRun(
  current: KubeObject,
  runs: readonly KubeObject[],
  rule: HealthRule | undefined,
): KubeObject | undefined {
  if (runHealth(rule, current) === 'True') return current;
  return newestFirst(runs).find((run) => runHealth(rule, run) === 'True');
}

/** Runs beyond what is to be kept of each outcome; never the current one nor the one whose outputs count. */
export function surplusRuns(
  runs: readonly KubeObject[],
  rule: HealthRule | undefined,
  policy: RetentionPolicy,
  kept: readonly (KubeObject | undefined)[],
): readonly KubeObject[] {
  const room = { True: policy.maxSuccessfulRuns, False: policy.maxFailedRuns, Unknown: Infinity };
  const keptNames = new Set(kept.map((run) => run?.metadata.name));
  return newestFirst(runs).filter((run) => {
    const outcome = runHealth(rule, run);
    room[outcome] -= 1;
    return room[outcome] < 0 && !keptNames.has(run.metadata.name);
  });
}

/** The nonce that the owner's `carto.run/rerun` gives for a resource: one for all, or `resource=nonce, …`. */
export function rerunNonce(annotation: string | undefined, resource: string): string {
  if (annotation === undefined || !annotation.includes('=')) return annotation ?? '';
  for (const part of annotation.split(',')) {
    const equals = part.indexOf('=');
    if (equals >= 0 && part.slice(0, equals).trim() === resource) return part.slice(equals + 1).trim();
  }
  return '';
}
