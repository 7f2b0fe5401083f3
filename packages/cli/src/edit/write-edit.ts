import { carto } from '@cartographer/api';
import {
  type ApiError,
  getIfThere,
  isConflict,
  isInvalid,
  isNotFound,
  replaceManagedFields,
  type ServerAnswer,
} from '@cartographer/kube';
import {
  CartoError,
  deepEqual,
  type KubeObject,
  type ManagedFieldsEntry,
  type ResourceType,
} from '@cartographer/machinery';
import { ownerText } from '../frame/owner-name.ts';
import type { Session } from '../frame/session.ts';
import { FIELD_MANAGER } from './makers.ts';
import type { Planned } from './plan-edit.ts';
import type { EditedKind } from './read-owner.ts';

/** A status that is written again and again while we write is waited for this often. */
const MAX_TRIES = 5;

/** No object has this version: an apply that says it creates the object, and is a conflict where one is there. */
const NOT_THERE = '1';

/**
 * Writes what was planned and shown, and nothing else: where anybody changed the object in between, apart from its status,
 * nothing is lost and nothing overwritten.
 * @throws CartoError `CARTO_CONFLICT`, ApiError
 */
export async function writeEdit(session: Session, { intent, before, takeOver }: Planned): Promise<KubeObject> {
  const { client, signal } = session;
  const type = typeOf(intent);
  if (before === undefined) return create(session, intent);
  const key = { namespace: intent.metadata.namespace, name: intent.metadata.name ?? '' };
  let seen = before;
  const unlessChanged = async (write: () => Promise<KubeObject>): Promise<KubeObject> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await write();
      } catch (error) {
        if (!isConflict(error) && !isInvalid(error) && !isNotFound(error)) throw error;
        const now = await getIfThere(client, type, key, { signal });
        if (now === undefined) throw changedBetween(intent, 'somebody deleted it', error);
        if (now.metadata.resourceVersion === seen.metadata.resourceVersion || tries === MAX_TRIES) throw error;
        if (!isSameButStatus(seen, now)) throw changedBetween(intent, `${lastWriter(seen, now)} changed it`, error);
        seen = now;
      }
    }
  };
  if (takeOver !== undefined) {
    seen = await unlessChanged(() =>
      replaceManagedFields(client, { type, key, metadata: seen.metadata }, takeOver.managedFields, {
        fieldManager: FIELD_MANAGER,
        signal,
      }),
    );
  }
  return unlessChanged(async () => {
    const { uid, resourceVersion } = seen.metadata;
    const object = {
      ...intent,
      metadata: { ...intent.metadata, ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) },
    };
    return answered(
      session,
      await client.attempt.apply(type, object, { fieldManager: FIELD_MANAGER, force: true, signal }),
    );
  });
}

async function create(session: Session, intent: KubeObject): Promise<KubeObject> {
  const { client, signal } = session;
  const object = { ...intent, metadata: { ...intent.metadata, resourceVersion: NOT_THERE } };
  const answer = await client.attempt.apply(typeOf(intent), object, { fieldManager: FIELD_MANAGER, signal });
  if (answer.kind === 'refused' && isConflict(answer.error)) {
    throw changedBetween(intent, 'somebody created it', answer.error);
  }
  return answered(session, answer);
}

/** Asks the server what it would make of an edit; nothing is written. */
export async function tryEdit(session: Session, { intent, before, after, takeOver }: Planned): Promise<KubeObject> {
  const { client, signal } = session;
  const how = { fieldManager: FIELD_MANAGER, dryRun: true, signal };
  // Fields cannot be taken over in a dry run: what comes of it is asked for as a whole.
  if (takeOver !== undefined) return answered(session, await client.attempt.update(typeOf(intent), after, how));
  return answered(session, await client.attempt.apply(typeOf(intent), intent, { ...how, force: before !== undefined }));
}

function typeOf({ kind }: KubeObject): ResourceType {
  return carto.kinds[kind as EditedKind];
}

function answered({ say }: Session, answer: ServerAnswer): KubeObject {
  if (answer.kind === 'refused') throw ofAnotherVersion(answer.error) ?? answer.error;
  for (const warning of answer.warnings) say(`warning: ${warning}`);
  return answer.object;
}

/** What an apply is refused for whose fields the server's definition does not have. */
function ofAnotherVersion(error: ApiError): CartoError | undefined {
  const fields = [...error.message.matchAll(/\.(\S+): field not declared in schema/g)].map(([, field = '']) => field);
  if (fields.length === 0) return undefined;
  const what = `${fields.join(', ')}: the definitions of this server have no such field`;
  return new CartoError('CARTO_USAGE', `${what}, they are of another version than this carto; "carto doctor" tells`, {
    cause: error,
  });
}

function changedBetween(intent: KubeObject, what: string, cause: unknown): CartoError {
  const { kind, metadata } = intent;
  const name = ownerText({ kind: kind as EditedKind, name: metadata.name ?? '' }, metadata.namespace ?? '');
  return new CartoError('CARTO_CONFLICT', `${name}: ${what} in between; nothing was changed, run the command again`, {
    cause,
  });
}

/** Whether two versions of one object differ in nothing but their status. */
function isSameButStatus(left: KubeObject, right: KubeObject): boolean {
  return deepEqual(withoutStatus(left), withoutStatus(right));
}

function withoutStatus(object: KubeObject) {
  const { status: _, metadata, ...rest } = object;
  const { resourceVersion: __, managedFields, ...kept } = metadata;
  return { ...rest, metadata: { ...kept, managedFields: mainEntries(managedFields) } };
}

function mainEntries(entries: readonly ManagedFieldsEntry[] = []): readonly ManagedFieldsEntry[] {
  return entries.filter(({ subresource }) => subresource === undefined);
}

/** Who wrote the newer version, as far as its managed fields tell: who was not there before, else who wrote last. */
function lastWriter(seen: KubeObject, now: KubeObject): string {
  const before = mainEntries(seen.metadata.managedFields);
  const changed = mainEntries(now.metadata.managedFields).filter(
    (entry) => !before.some((old) => deepEqual(old, entry)),
  );
  const isNew = ({ manager }: ManagedFieldsEntry): boolean => !before.some((old) => old.manager === manager);
  const byTime = changed.toSorted((left, right) => ((left.time ?? '') < (right.time ?? '') ? 1 : -1));
  return (byTime.find(isNew) ?? byTime[0])?.manager ?? 'somebody';
}
