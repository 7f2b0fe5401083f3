import { type Clock, failure, formatApiVersion, type KubeList, type KubeObject } from '@cartographer/machinery';

import type { ListOptions } from '../core-api.ts';
import { badRequest, internalError, StatusError } from '../status-error.ts';
import { type Continuations, createContinuations } from './continuations.ts';
import { checkListOptions } from './list-options.ts';
import { parseVersion } from './resource-version.ts';
import { createSelection, type Selection } from './selection.ts';
import type { ServedResource } from './served-resource.ts';
import type { Journal } from './storage/journal.ts';

/** How long a list waits for a resource version that is yet to come. */
const FUTURE_WAIT_MS = 3_000;
const FUTURE_POLL_MS = 50;

/** Answers lists, whole or in pages. */
export interface Lister {
  list(resource: ServedResource, options: ListOptions): Promise<KubeList>;
}

type Page = { readonly version: string; readonly items: readonly KubeObject[]; readonly selection: Selection };

/** Creates the lister of a journal's tables. */
export function createLister(journal: Journal, clock: Clock): Lister {
  const continuations = createContinuations(clock);
  return {
    async list(resource, options) {
      checkListOptions(options);
      const selection = createSelection(resource, options);
      await waitForVersion(journal, clock, options);
      journal.flush();
      const limit = options.resourceVersion === '0' ? 0 : Math.max(0, options.limit ?? 0);
      const current = String(journal.resourceVersion);
      const exact = options.resourceVersionMatch === 'Exact' ? options.resourceVersion : undefined;
      const page = options.continue
        ? continuations.resume(resource, options.namespace, options.continue, current)
        : undefined;
      if (page !== undefined) refuseVersion(options);
      const version = page?.version ?? exact ?? current;
      const stored = page?.items ?? storedAt(resource, selection, exact === current ? undefined : exact);
      return listPage(resource, { version, items: stored, selection }, limit, continuations);
    },
  };
}

function storedAt(resource: ServedResource, selection: Selection, exact: string | undefined): readonly KubeObject[] {
  if (exact !== undefined) {
    const kept = resource.table.snapshotAt(Number(exact), selection.namespace);
    if (kept !== undefined) return kept;
    throw new StatusError(failure(410, 'Expired', 'The resourceVersion for the provided list is too old.'));
  }
  const { namespace, name } = selection;
  if (name === undefined || (namespace === undefined && resource.namespaced)) return resource.table.snapshot(namespace);
  const object = resource.table.get(namespace ?? '', name);
  return object === undefined ? [] : [object];
}

function listPage(resource: ServedResource, page: Page, limit: number, continuations: Continuations): KubeList {
  const { selection, version } = page;
  const items: KubeObject[] = [];
  let index = 0;
  let next: string | undefined;
  for (; index < page.items.length; index++) {
    const stored = page.items[index] as KubeObject;
    const object = resource.view(stored);
    if (!selection.matches(object)) continue;
    if (limit > 0 && items.length === limit) {
      next = continuations.keep(resource, selection.namespace, version, page.items, index);
      break;
    }
    items.push(object);
  }
  const remaining = next !== undefined && selection.all ? { remainingItemCount: page.items.length - index } : {};
  return {
    apiVersion: formatApiVersion(resource.group, resource.version),
    kind: resource.listKind,
    metadata: { resourceVersion: version, ...(next === undefined ? {} : { continue: next }), ...remaining },
    items,
  };
}

/** A page goes on from the version of the first one. */
function refuseVersion({ resourceVersion = '' }: ListOptions): void {
  if (resourceVersion === '' || resourceVersion === '0') return;
  throw badRequest('specifying resource version is not allowed when using continue');
}

async function waitForVersion(journal: Journal, clock: Clock, options: ListOptions): Promise<void> {
  const { resourceVersion = '' } = options;
  const wanted = resourceVersion === '' ? 0 : parseVersion(resourceVersion);
  if (wanted <= journal.resourceVersion) return;
  if ((options.limit ?? 0) > 0) throw internalError('etcdserver: mvcc: required revision is a future revision');
  const deadline = clock.monotonicMs() + FUTURE_WAIT_MS;
  while (wanted > journal.resourceVersion) {
    if (clock.monotonicMs() >= deadline) throw tooLarge(resourceVersion, journal.resourceVersion);
    await clock.sleep(FUTURE_POLL_MS);
  }
}

function tooLarge(wanted: string, current: number): StatusError {
  return new StatusError(
    failure(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    }),
  );
}
