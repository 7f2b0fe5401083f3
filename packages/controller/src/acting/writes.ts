import { FIELD_MANAGER } from '@cartographer/api';
import { type Delete, type DeleteAnswer, hasLegacyFields, type Write, type WriteAnswer } from '@cartographer/engine';
import {
  type ApiError,
  type Client,
  isConflict,
  isNotFound,
  isUnauthorized,
  type ServerAnswer,
} from '@cartographer/kube';
import { moveFields } from './move-fields.ts';
import { steadyRefusal } from './steady-refusal.ts';
import { takeOver } from './take-over.ts';

/** Does one write as the given client and tells how the server answered; throws what is no answer, and 401. */
export async function performWrite(client: Client, write: Write, signal: AbortSignal): Promise<WriteAnswer> {
  const answer = await sendAtVersion(client, write, signal);
  if (answer.kind === 'done') {
    const { object, created } = answer;
    const unknownFields = answer.warnings.flatMap(unknownFieldsOf);
    return { kind: 'done', object, created, ...(unknownFields.length === 0 ? {} : { unknownFields }) };
  }
  const refusal = refusalOf(answer);
  if (refusal.code === 401) throw answer.error;
  if (write.verb === 'create' && refusal.reason === 'AlreadyExists') {
    return existing(client, write, refusal.message, signal);
  }
  return { kind: 'refused', ...refusal };
}

/** An apply that the server could not compare with what we applied at another version of the kind is sent again. */
async function sendAtVersion(client: Client, write: Write, signal: AbortSignal): Promise<ServerAnswer> {
  const answer = await sendAndTakeOver(client, write, signal);
  const isLost = write.verb === 'apply' && answer.kind === 'refused' && answer.error.status.code === 500;
  if (!isLost || !(await moveFields(client, write, signal))) return answer;
  return sendAndTakeOver(client, write, signal);
}

/**
 * Fields that the first implementation wrote become ours first, so that the object changes once. Where only the answer
 * shows them (the cache did not have the object yet), they become ours then, and the apply is sent again.
 */
async function sendAndTakeOver(client: Client, write: Write, signal: AbortSignal): Promise<ServerAnswer> {
  if (write.takeOver === true) await takeOver(client, write, signal);
  const answer = await send(client, write, signal);
  if (write.verb !== 'apply' || answer.kind === 'refused' || answer.created) return answer;
  const { object } = answer;
  if (!hasLegacyFields(object) || !(await takeOver(client, write, signal, object))) return answer;
  return send(client, write, signal);
}

function send({ attempt }: Client, { type, object, verb }: Write, signal: AbortSignal): Promise<ServerAnswer> {
  const { namespace, name = '' } = object.metadata;
  const how = { fieldManager: FIELD_MANAGER, signal };
  switch (verb) {
    case 'apply':
      return attempt.apply(type, object, { ...how, force: true });
    case 'tryApply':
      return attempt.apply(type, object, { ...how, dryRun: true });
    case 'create':
      return attempt.create(type, object, how);
    case 'tryCreate':
      return attempt.create(type, object, { ...how, dryRun: true });
    case 'tryPatch':
      return attempt.patch(type, { namespace, name }, { ...how, kind: 'merge', body: object, dryRun: true });
  }
}

/** Servers warn of unknown fields with their paths in quotes: `unknown field "spec.containers[0].immage"`. */
function unknownFieldsOf(warning: string): readonly string[] {
  return /^unknown field "(.*)"$/.exec(warning)?.slice(1) ?? [];
}

/** The name is taken: by our own earlier create, as a rule. Its holder is what was asked for, so it is fetched. */
async function existing(client: Client, write: Write, message: string, signal: AbortSignal): Promise<WriteAnswer> {
  const { namespace, name = '' } = write.object.metadata;
  const object = await client.get(write.type, { namespace, name }, { signal });
  return { kind: 'exists', object, message };
}

/** A server that asks for an hour is not believed: it might have healed long before. */
const LONGEST_RETRY_AFTER_MS = 60_000;

type Refusal = Omit<Extract<WriteAnswer, { kind: 'refused' }>, 'kind'>;

function refusalOf({ error, status }: Extract<ServerAnswer, { kind: 'refused' }>): Refusal {
  const { code } = error.status;
  const wait = asked(error);
  if (status === undefined) return { code, message: `the server answered ${code}`, ...wait };
  const { reason } = status;
  return { code, message: steadyRefusal(status), ...(reason === undefined ? {} : { reason }), ...wait };
}

/** How long the server asks to be left alone. */
function asked({ afterMs }: ApiError): Pick<Refusal, 'retryAfterMs'> {
  return afterMs === undefined ? {} : { retryAfterMs: Math.min(afterMs, LONGEST_RETRY_AFTER_MS) };
}

/** Deletes one object as the given client, and throws what is no answer, and 401; an object that is gone, or was made anew since, counts as deleted. */
export async function performDelete(client: Client, { key, uid }: Delete, signal: AbortSignal): Promise<DeleteAnswer> {
  const preconditions = uid === undefined ? {} : { preconditions: { uid } };
  const how = { propagationPolicy: 'Background', ...preconditions, signal } as const;
  const answer = await client.attempt.delete(key.type, key, how);
  if (answer.kind === 'done') return { kind: 'deleted', found: true };
  const { error } = answer;
  const { code, message } = error.status;
  const refusal = { code, message, ...asked(error) };
  if (isNotFound(error) || isConflict(error)) return { kind: 'deleted', found: false };
  if (isUnauthorized(error)) throw error;
  return { kind: 'refused', ...refusal };
}
