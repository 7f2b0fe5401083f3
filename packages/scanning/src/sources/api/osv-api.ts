import { CartoError, type Clock, getKey, isList, isObject, type Json, messageOf } from '@cartographer/machinery';
import { MAX_RECORD_BYTES } from '../../advisories/read-advisory.ts';
import { type Fetch, refusalOf, refusePlainHttp } from '../download.ts';

/** A package as it is asked for; without a version, so that which versions are affected is decided here. */
export type Query = { readonly ecosystem: string; readonly name: string };

/** A record as lists name it. */
type ListedRecord = { readonly id: string; readonly modified: string };

/** What a list says: `refused` are the places of queries that the API does not take. */
type Listing = { readonly records: readonly ListedRecord[]; readonly refused: readonly number[] };

/** An API that speaks OSV's protocol, version 1. */
export interface OsvApi {
  /** Records that speak of these packages; all pages. */
  list(queries: readonly Query[], signal: AbortSignal): Promise<Listing>;
  /** The text of a record, or why there is none; undefined for one that is not there. */
  record(id: string, signal: AbortSignal): Promise<Buffer | { readonly why: string } | undefined>;
}

/** How an API is asked. */
export type OsvApiOptions = {
  /** What `/v1/querybatch` is appended to. */
  readonly url: URL;
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** `Authorization`. */
  readonly authorization?: string;
};

/** The API takes so many at once. */
export const MOST_QUERIES = 1_000;
/** It sends at most 32 MiB. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;
/** Of one batch; a page has up to 1,000 records. */
const MOST_PAGES = 1_000;
/** An API that takes none of so many packages is not one of this kind. */
const MOST_REFUSED = 64;
const LIMIT_MS = 60_000;
const AGENT = 'cartographer-scanner';

type Paged = Query & { readonly page_token?: string };
/** `bytes` is absent for a body that is larger than wanted. */
type Answer = { readonly status: number; readonly bytes?: Buffer };

/**
 * Makes an {@link OsvApi}. Every method throws a CartoError `CARTO_ADVISORIES` that names host and status, never what stands
 * in URL or body, when the API cannot be asked or does not answer as one; with `retry: 'after'` where it wants a pause.
 */
export function createOsvApi({ url, fetch, clock, authorization }: OsvApiOptions): OsvApi {
  const { host } = url;
  const base = new URL(url);
  base.pathname = `${base.pathname.replace(/\/(?:v1\/?)?$/, '')}/v1/`;
  const failed = (what: string, cause?: unknown): CartoError =>
    new CartoError('CARTO_ADVISORIES', `advisories: ${host} ${what}`, { cause });

  async function ask(path: string, maxBytes: number, signal: AbortSignal, body?: object): Promise<Answer> {
    refusePlainHttp(base);
    const limit = new AbortController();
    const cancel = clock.schedule(LIMIT_MS, () => limit.abort(failed(`takes longer than ${LIMIT_MS / 1_000} seconds`)));
    try {
      const both = AbortSignal.any([signal, limit.signal]);
      const init: Parameters<Fetch>[1] = {
        redirect: 'manual',
        signal: both,
        headers: {
          'user-agent': AGENT,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(authorization !== undefined && { authorization }),
        },
        ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      };
      const url = new URL(path, base);
      // A connection that the server closed while it was idle fails its next question; asking again changes nothing there.
      const response = await fetch(url, init).catch(() => fetch(url, init));
      refuseStatus(response);
      const bytes = await bodyOf(response, maxBytes);
      return { status: response.status, ...(bytes !== undefined && { bytes }) };
    } catch (error) {
      signal.throwIfAborted();
      if (limit.signal.aborted) throw limit.signal.reason;
      if (error instanceof CartoError) throw error;
      const inner = error instanceof Error ? (error.cause ?? error) : error;
      throw failed(`cannot be asked: ${messageOf(inner)}`, error);
    } finally {
      cancel();
    }
  }

  /** What is no answer to the question. */
  function refuseStatus(response: Response): void {
    const { status, body } = response;
    if (status === 200 || status === 400 || status === 404) return;
    void body?.cancel().catch(() => undefined);
    if (status >= 300 && status < 400) throw failed('redirects, which no API of this kind does: name the new address');
    throw refusalOf(response, host, clock);
  }

  async function bodyOf(response: Response, maxBytes: number): Promise<Buffer | undefined> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > maxBytes) return undefined;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** One page of each query; undefined where the API does not take the queries. */
  async function page(queries: readonly Paged[], signal: AbortSignal): Promise<readonly Json[] | undefined> {
    const questions = queries.map(({ ecosystem, name, page_token }) => ({
      package: { ecosystem, name },
      ...(page_token !== undefined && { page_token }),
    }));
    const { status, bytes } = await ask('querybatch', MAX_LIST_BYTES, signal, { queries: questions });
    if (status === 400) return undefined;
    if (status === 404) throw failed('answers 404: it is no API of OSV, version 1');
    if (bytes === undefined) throw failed(`sends more than ${MAX_LIST_BYTES / 1024 / 1024} MiB`);
    const answer = parsed(bytes);
    const results = isObject(answer) ? getKey(answer, 'results') : undefined;
    if (!isList(results) || results.length !== queries.length) {
      throw failed(`answers ${queries.length} questions by what is not a list of as many results`);
    }
    return results;
  }

  function parsed(bytes: Buffer): unknown {
    try {
      return JSON.parse(bytes.toString('utf8'));
    } catch (error) {
      throw failed('sends what is not JSON, or cut off', error);
    }
  }

  function recordsIn(result: Json): readonly ListedRecord[] {
    const vulns = isObject(result) ? (getKey(result, 'vulns') ?? []) : undefined;
    if (!isList(vulns)) throw failed('sends a result that is no list of records');
    return vulns.map((item) => {
      const [id, modified = ''] = isObject(item) ? [getKey(item, 'id'), getKey(item, 'modified')] : [];
      if (typeof id !== 'string' || typeof modified !== 'string') throw failed('lists a record without an id');
      return { id, modified };
    });
  }

  async function list(queries: readonly Query[], signal: AbortSignal, offset = 0): Promise<Listing> {
    const records: ListedRecord[] = [];
    let open: readonly Paged[] = queries;
    for (let pages = 0; open.length > 0; pages += 1) {
      if (pages === MOST_PAGES) throw failed(`has more than ${MOST_PAGES} pages of one answer`);
      const results = await page(open, signal);
      if (results === undefined) {
        if (pages > 0) throw failed('does not take the token of its own page');
        return await halves(queries, signal, offset);
      }
      records.push(...results.flatMap(recordsIn));
      open = open.flatMap((query, at) => {
        const token = isObject(results[at]) ? getKey(results[at], 'next_page_token') : undefined;
        if (typeof token !== 'string' || token === '') return [];
        if (token === query.page_token) throw failed('names a page as the next of itself');
        return [{ ...query, page_token: token }];
      });
    }
    return { records, refused: [] };
  }

  /** One query that it does not take makes it refuse them all: which one is found by halves. */
  async function halves(queries: readonly Query[], signal: AbortSignal, offset: number): Promise<Listing> {
    if (queries.length === 1) return { records: [], refused: [offset] };
    const middle = Math.ceil(queries.length / 2);
    const left = await list(queries.slice(0, middle), signal, offset);
    if (left.refused.length > MOST_REFUSED) throw failed(`does not take more than ${MOST_REFUSED} of the packages`);
    const right = await list(queries.slice(middle), signal, offset + middle);
    return { records: [...left.records, ...right.records], refused: [...left.refused, ...right.refused] };
  }

  return {
    list: (queries, signal) => list(queries, signal),
    async record(id, signal) {
      const { status, bytes } = await ask(`vulns/${encodeURIComponent(id)}`, MAX_RECORD_BYTES, signal);
      if (status === 404) return undefined;
      if (status !== 200) return { why: `is not given: ${host} answers ${status}` };
      return bytes ?? { why: `is larger than ${MAX_RECORD_BYTES / 1024 / 1024} MiB` };
    },
  };
}
