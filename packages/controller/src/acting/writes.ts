import { FIELD_MANAGER } from '@cartographer/api';
import { type Delete, type DeleteAnswer, hasLegacyFields, type Write, type WriteAnswer } from '@cartographer/engine';
import {
  ApiError,
  type Client,
  errorOf,
  isConflict,
  isNotFound,
  isUnauthorized,
  resourcePath,
  warningsOf,
} from '@cartographer/kube';
import { failure, isStatus, type KubeObject, type WireResponse } from '@cartographer/machinery';
import { moveFields } from './move-fields.ts';
import { steadyRefusal } from './steady-refusal.ts';
import { takeOver } from './take-over.ts';

/** Does one write as the given client and tells how the server answered; throws what is no answer, and 401. */
export async function performWrite(client: Client, write: Write, signal: AbortSignal): Promise<WriteAnswer> {
  const response = await sendAtVersion(client, write, signal);
  if (response.status < 300) {
    const unknownFields = unknownFieldsOf(response);
    return {
      kind: 'done',
      object: response.body as KubeObject,
      created: response.status === 201,
      ...(unknownFields.length === 0 ? {} : { unknownFields }),
    };
  }
  const { code, reason, message, retryAfterMs } = refusalOf(response);
  if (code === 401) throw new ApiError(failure(code, reason, message));
  if (write.verb === 'create' && reason === 'AlreadyExists') return existing(client, write, message, signal);
  return {
    kind: 'refused',
    code,
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** An apply that the server could not compare with what we applied at another version of the kind is sent again. */
async function sendAtVersion(client: Client, write: Write, signal: AbortSignal): Promise<WireResponse> {
  const response = await sendAndTakeOver(client, write, signal);
  if (write.verb !== 'apply' || response.status !== 500 || !(await moveFields(client, write, signal))) return response;
  return sendAndTakeOver(client, write, signal);
}

/**
 * Fields that the first implementation wrote become ours first, so that the object changes once. Where only the answer
 * shows them (the cache did not have the object yet), they become ours then, and the apply is sent again.
 */
async function sendAndTakeOver(client: Client, write: Write, signal: AbortSignal): Promise<WireResponse> {
  if (write.takeOver === true) await takeOver(client, write, signal);
  const response = await send(client, write, signal);
  if (write.verb !== 'apply' || response.status !== 200) return response;
  const applied = response.body as KubeObject;
  if (!hasLegacyFields(applied) || !(await takeOver(client, write, signal, applied))) return response;
  return send(client, write, signal);
}

function send(client: Client, write: Write, signal: AbortSignal): Promise<WireResponse> {
  const { type, object, verb } = write;
  const { namespace, name } = object.metadata;
  const body = object;
  switch (verb) {
    case 'apply':
    case 'tryApply': {
      const query = { fieldManager: FIELD_MANAGER };
      return client.raw({
        method: 'PATCH',
        path: resourcePath(type, { namespace, name }),
        query: verb === 'apply' ? { ...query, force: 'true' } : { ...query, dryRun: 'All' },
        headers: { 'content-type': 'application/apply-patch+yaml' },
        body: object,
        signal,
      });
    }
    case 'create':
    case 'tryCreate': {
      const query = { fieldManager: FIELD_MANAGER };
      return client.raw({
        method: 'POST',
        path: resourcePath(type, { namespace }),
        query: verb === 'create' ? query : { ...query, dryRun: 'All' },
        body: object,
        signal,
      });
    }
    case 'tryPatch':
      return client.raw({
        method: 'PATCH',
        path: resourcePath(type, { namespace, name }),
        query: { fieldManager: FIELD_MANAGER, dryRun: 'All' },
        headers: { 'content-type': 'application/merge-patch+json' },
        body: object,
        signal,
      });
  }
}

/** Servers warn of unknown fields with their paths in quotes: `unknown field "spec.containers[0].immage"`. */
function unknownFieldsOf(response: WireResponse): readonly string[] {
  return warningsOf(response).flatMap((text) => /^unknown field "(.*)"$/.exec(text)?.slice(1) ?? []);
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

function refusalOf(response: WireResponse): Refusal {
  const wait = asked(errorOf(response));
  const code = response.status;
  if (!isStatus(response.body)) return { code, message: `the server answered ${code}`, ...wait };
  const { reason } = response.body;
  const message = steadyRefusal(response.body);
  return { code, message, ...(reason === undefined ? {} : { reason }), ...wait };
}

/** How long the server asks to be left alone. */
function asked({ afterMs }: ApiError): Pick<Refusal, 'retryAfterMs'> {
  return afterMs === undefined ? {} : { retryAfterMs: Math.min(afterMs, LONGEST_RETRY_AFTER_MS) };
}

/** Deletes one object as the given client, and throws what is no answer, and 401; an object that is gone, or was made anew since, counts as deleted. */
export async function performDelete(client: Client, { key, uid }: Delete, signal: AbortSignal): Promise<DeleteAnswer> {
  const preconditions = uid === undefined ? {} : { preconditions: { uid } };
  try {
    await client.delete(key.type, key, { propagationPolicy: 'Background', ...preconditions, signal });
    return { kind: 'deleted', found: true };
  } catch (error) {
    if (isNotFound(error)) return { kind: 'deleted', found: false };
    if (isConflict(error)) return { kind: 'deleted', found: false };
    if (isUnauthorized(error) || !(error instanceof ApiError)) throw error;
    const { code, message } = error.status;
    return { kind: 'refused', code, message, ...asked(error) };
  }
}
