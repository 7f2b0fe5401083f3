import { type Clock, failure, isObject, type KubeObject } from '@cartographer/machinery';

import { badRequest, StatusError } from '../status-error.ts';
import type { ServedResource } from './served-resource.ts';

const KEEP_MS = 5 * 60_000;
const SNAPSHOT_LIMIT = 100;
/** The version in a token that goes on at whatever is current. */
const INCONSISTENT = '-1';
const TOKEN_VERSION = 'meta.k8s.io/v1';

/** Keeps what the following pages of a list are served from: immutable snapshots, for five minutes. */
export interface Continuations {
  /** Remembers the snapshot and gives the token for the page that starts at `index`. */
  keep(
    resource: ServedResource,
    namespace: string | undefined,
    version: string,
    items: readonly KubeObject[],
    index: number,
  ): string;
  /**
   * The rest of a list: what follows the place the token names.
   * @throws StatusError 400 for a bad token, 410 for one whose snapshot is gone.
   */
  resume(
    resource: ServedResource,
    namespace: string | undefined,
    token: string,
    current: string,
  ): { readonly version: string; readonly items: readonly KubeObject[] };
}

type Snapshot = { readonly items: readonly KubeObject[]; until: number };

/** Creates an empty keeper. */
export function createContinuations(clock: Clock): Continuations {
  const snapshots = new Map<string, Snapshot>();
  const find = (key: string): readonly KubeObject[] | undefined => {
    const snapshot = snapshots.get(key);
    if (snapshot !== undefined && snapshot.until >= clock.monotonicMs()) return snapshot.items;
    snapshots.delete(key);
    return undefined;
  };
  return {
    keep(resource, namespace, version, items, index) {
      const key = snapshotKey(resource, namespace, version);
      const last = items[index - 1];
      const known = snapshots.get(key);
      snapshots.delete(key); // the newest stand last
      snapshots.set(key, { items: known?.items ?? items, until: clock.monotonicMs() + KEEP_MS });
      for (const [oldest, { until }] of snapshots) {
        if (snapshots.size <= SNAPSHOT_LIMIT && until >= clock.monotonicMs()) break;
        snapshots.delete(oldest);
      }
      return encode({ v: TOKEN_VERSION, rv: Number(version), start: `${placeOf(last)}\u0000`, ns: namespace });
    },
    resume(resource, namespace, token, current) {
      const { version, start, namespace: listed } = decode(token);
      // a token opens no other namespace than the one that the request was authorised for
      if (listed !== namespace) throw badRequest('invalid continue token: it belongs to a list of another namespace');
      const afresh = version === INCONSISTENT;
      const items = afresh ? resource.table.snapshot(namespace) : find(snapshotKey(resource, namespace, version));
      if (items === undefined) throw expired(start, namespace);
      const rest = items.slice(firstAfter(items, start.replace('\u0000', '')));
      return { version: afresh ? current : version, items: rest };
    },
  };
}

function snapshotKey(resource: ServedResource, namespace: string | undefined, version: string): string {
  return `${resource.table.id} ${namespace ?? '*'} ${version}`;
}

/** Where an object stands in the order of a list. NUL sorts before every character of a name. */
function placeOf(object: KubeObject | undefined): string {
  return object === undefined ? '' : `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
}

function firstAfter(items: readonly KubeObject[], place: string): number {
  const [namespace = '', name = ''] = place.split('/');
  const index = items.findIndex(({ metadata }) => {
    const other = metadata.namespace ?? '';
    return other > namespace || (other === namespace && (metadata.name ?? '') > name);
  });
  return index < 0 ? items.length : index;
}

function encode(token: object): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function decode(token: string): { version: string; start: string; namespace: string | undefined } {
  const bad = (why: string): StatusError => badRequest(`invalid continue token: continue key is not valid: ${why}`);
  const text = Buffer.from(token, 'base64url').toString();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw bad(`invalid character '${text.charAt(0)}' looking for beginning of value`);
  }
  if (!isObject(parsed)) throw bad('not an object');
  const { rv, start, ns } = parsed;
  if (parsed['v'] !== TOKEN_VERSION)
    throw bad(`server does not recognize this encoded version ${JSON.stringify(parsed['v'])}`);
  if (typeof rv !== 'number' || typeof start !== 'string' || (ns !== undefined && typeof ns !== 'string')) {
    throw bad('incorrect encoded start resourceVersion or start key (version meta.k8s.io/v1)');
  }
  return { version: String(rv), start, namespace: ns };
}

/** 410 with a token that goes on from the same place at the current version, as a real server offers. */
function expired(start: string, namespace: string | undefined): StatusError {
  const fresh = encode({ v: TOKEN_VERSION, rv: -1, start, ns: namespace });
  const status = failure(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  );
  return new StatusError({ ...status, metadata: { continue: fresh } });
}
