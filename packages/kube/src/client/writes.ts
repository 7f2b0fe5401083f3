import type { Json, KubeObject, ResourceType, Status, WireRequest } from '@cartographer/machinery';
import type { ApiError } from '../transport/api-error.ts';
import type { ObjectKey } from './resource-path.ts';
import { queryOf, resourcePath } from './resource-path.ts';

/** Options of every write. */
export type WriteOptions = {
  readonly fieldManager?: string;
  /** The server does everything but store. */
  readonly dryRun?: boolean;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  readonly signal?: AbortSignal;
};

/** A patch and how to read it. */
export type PatchOptions = WriteOptions & {
  readonly kind: 'merge' | 'json' | 'strategic';
  readonly body: Json;
  readonly subresource?: string;
};

/** Options of server-side apply. */
export type ApplyOptions = WriteOptions & {
  readonly fieldManager: string;
  /** Take over fields that other managers own, instead of failing with a conflict. */
  readonly force?: boolean;
  readonly subresource?: string;
};

/** Options of a delete. */
export type DeleteOptions = {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** Deletes only this very object, or only this version of it. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
};

/** What a server answered to a write. */
export type ServerAnswer =
  | {
      readonly kind: 'done';
      readonly object: KubeObject;
      /** The object was not there before (201); else it was changed, or stands as it was. */
      readonly created: boolean;
      /** The texts of the `Warning` headers: unknown fields, deprecated versions. */
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'refused';
      /** What the write would throw where it does not answer. */
      readonly error: ApiError;
      /** The server's own words; absent when something in between answered, a proxy say. */
      readonly status?: Status;
    };

/** The writes of a client; what they give depends on how a refusal is told. */
export interface Writes<Given> {
  create(type: ResourceType, object: KubeObject, options?: WriteOptions): Promise<Given>;
  update(type: ResourceType, object: KubeObject, options?: WriteOptions): Promise<Given>;
  updateStatus(type: ResourceType, object: KubeObject, options?: WriteOptions): Promise<Given>;
  patch(type: ResourceType, key: ObjectKey, options: PatchOptions): Promise<Given>;
  /** Server-side apply: creates the object or changes the fields that this manager owns. */
  apply(type: ResourceType, object: KubeObject, options: ApplyOptions): Promise<Given>;
  /** Answers with the object if it is still there (finalizers), else with a Status. */
  delete(type: ResourceType, key: ObjectKey, options?: DeleteOptions): Promise<Given>;
}

const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/** Makes the requests of {@link Writes} and sends each by the given function. */
export function createWrites<Given>(send: (request: WireRequest) => Promise<Given>): Writes<Given> {
  const write = (
    method: 'POST' | 'PUT',
    type: ResourceType,
    object: KubeObject,
    write: WriteOptions = {},
    subresource?: string,
  ): Promise<Given> => {
    const { namespace, name } = object.metadata;
    const key = method === 'POST' ? { namespace } : { namespace, name: name ?? '' };
    const path = resourcePath(type, key, subresource);
    return send({ method, path, query: writeQuery(write), body: object, signal: write.signal });
  };

  return {
    create: (type, object, how) => write('POST', type, object, how),
    update: (type, object, how) => write('PUT', type, object, how),
    updateStatus: (type, object, how) => write('PUT', type, object, how, 'status'),
    patch: (type, key, { kind, body, subresource, ...how }) =>
      send({
        method: 'PATCH',
        path: resourcePath(type, key, subresource),
        query: writeQuery(how),
        headers: { 'content-type': PATCH_TYPES[kind] },
        body,
        signal: how.signal,
      }),
    apply: (type, object, { force, subresource, ...how }) =>
      send({
        method: 'PATCH',
        path: resourcePath(type, { ...object.metadata, name: object.metadata.name ?? '' }, subresource),
        query: { ...writeQuery(how), ...(force === true ? { force: 'true' } : {}) },
        headers: { 'content-type': 'application/apply-patch+yaml' },
        body: object,
        signal: how.signal,
      }),
    delete: (type, key, how = {}) =>
      send({ method: 'DELETE', path: resourcePath(type, key), body: deleteBody(how), signal: how.signal }),
  };
}

function writeQuery({ fieldManager, dryRun, fieldValidation }: WriteOptions): Record<string, string> | undefined {
  return queryOf({ fieldManager, dryRun: dryRun === true ? 'All' : undefined, fieldValidation });
}

function deleteBody({ propagationPolicy, preconditions, gracePeriodSeconds, dryRun }: DeleteOptions): Json {
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(dryRun === true ? { dryRun: ['All'] } : {}),
  };
}
