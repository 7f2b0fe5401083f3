import type { Clock, KubeObject, ResourceType } from '@cartographer/machinery';
import { isExpired, TransportError } from '../transport/api-error.ts';
import { createDeadline, noSignOfLife } from '../transport/deadline.ts';
import type { Client, ListOptions, Selection } from './client.ts';

/** All objects of a collection as of one resource version. */
export type CompleteList = { readonly resourceVersion: string | undefined; readonly objects: readonly KubeObject[] };

/** What {@link listPages} needs. */
export type ListPagesOptions = {
  readonly client: Client;
  readonly type: ResourceType;
  readonly selection: Selection;
  readonly clock: Clock;
  readonly pageSize: number;
  /** How long one page may take. */
  readonly timeoutMs: number;
  /** Applied to each object as it arrives, so that no more than one page is held in full. */
  readonly transform: (object: KubeObject) => KubeObject;
  readonly signal: AbortSignal;
};

const SMALLEST_PAGE = 8;
// At the usual page size this is five million objects: a server that never ends its list is broken.
const MAX_PAGES = 10_000;

/**
 * Reads a whole collection consistently: `resourceVersion` unset, which Kubernetes answers from a quorum, page by page
 * at the version of the first. A page too large for the transport's bound is asked for again in smaller pieces; a
 * snapshot that expires halfway is read again in one piece, as client-go does.
 */
export async function listPages(options: ListPagesOptions): Promise<CompleteList> {
  let pageSize: number | undefined = options.pageSize;
  for (;;) {
    try {
      return await readAll(options, pageSize);
    } catch (error) {
      if (pageSize === undefined) throw error;
      if (isExpired(error)) pageSize = undefined;
      else if (isTooLarge(error) && pageSize > SMALLEST_PAGE) pageSize = Math.ceil(pageSize / 4);
      else throw error;
    }
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof TransportError && error.code === 'CARTO_ANSWER_TOO_LARGE';
}

async function readAll(options: ListPagesOptions, limit: number | undefined): Promise<CompleteList> {
  const objects: KubeObject[] = [];
  let resourceVersion: string | undefined;
  let next: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const list = await readPage(options, { ...options.selection, limit, continue: next });
    resourceVersion ??= list.metadata.resourceVersion;
    for (const item of list.items ?? []) {
      if (typeof item?.metadata?.name === 'string') objects.push(options.transform(item));
    }
    next = list.metadata.continue;
    if (next === undefined || next === '') return { resourceVersion, objects };
  }
  throw new TransportError('CARTO_ANSWER_MALFORMED', `the list of ${options.type.resource} does not end`);
}

async function readPage(options: ListPagesOptions, list: ListOptions): ReturnType<Client['list']> {
  const { clock, timeoutMs: limitMs, signal: parent } = options;
  const expire = (): Error => noSignOfLife(`listing ${options.type.resource}`, limitMs);
  const deadline = createDeadline({ clock, limitMs, parent, expire });
  try {
    const page = await options.client.list(options.type, { ...list, signal: deadline.signal });
    if (typeof page?.metadata !== 'object' || page.metadata === null) {
      throw new TransportError('CARTO_ANSWER_MALFORMED', `listing ${options.type.resource}: the answer is not a list`);
    }
    return page;
  } finally {
    deadline.end();
  }
}
