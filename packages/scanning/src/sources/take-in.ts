import type { Clock } from '@cartographer/machinery';
import type { ChangeCounts, SourceChange } from '../portfolio/change.ts';
import type { Portfolio } from '../portfolio/portfolio.ts';
import { apiChanges } from './api/api-changes.ts';
import { createOsvApi } from './api/osv-api.ts';
import { archiveChanges } from './archive.ts';
import { directoryChanges } from './directory.ts';
import type { Fetch } from './download.ts';
import { emptyReading, type Reading } from './reading.ts';

/** Where advisories come from. */
export type Source = {
  readonly name: string;
  /** Records of these alone; all, where it is left out. */
  readonly ecosystems?: readonly string[];
} & (
  | { readonly type: 'Directory'; readonly path: string }
  | {
      readonly type: 'Archive';
      /** A path, or a URL. */
      readonly from: string;
      readonly authorization?: string;
    }
  | {
      readonly type: 'Api';
      /** Where `/v1/querybatch` is. */
      readonly url: string;
      readonly authorization?: string;
      /** `unasked`: it is asked only for packages that it has not answered for, and nothing goes. */
      readonly which: 'all' | 'unasked';
    }
);

/** What reading a source once gave: `reading` and `counts` are absent where it said that nothing changed. */
export type Taken = { readonly revision: string } & (
  | { readonly isChanged: false }
  | { readonly isChanged: true; readonly reading: Reading; readonly counts: ChangeCounts }
);

/** What reading a source needs of the world. */
type SourceWorld = { readonly fetch: Fetch; readonly clock: Clock; readonly signal: AbortSignal };

/**
 * Reads a source and takes in what differs. Repeat it whenever the source may have changed, and after a failure: what was
 * taken in before stays.
 * @throws CartoError `CARTO_ADVISORIES` when it cannot be read as a whole, and those of the store.
 */
export async function takeInSource(portfolio: Portfolio, source: Source, world: SourceWorld): Promise<Taken> {
  if (source.type === 'Api') return await takeInApi(portfolio, source, world);
  const revision = (await portfolio.revisionOf(source.name)) ?? '';
  const kept = await portfolio.digestsOf(source.name);
  const reading = emptyReading();
  const { ecosystems } = source;
  const options = { kept, signal: world.signal, ...(ecosystems !== undefined && { ecosystems }) };
  const changes: SourceChange | undefined =
    source.type === 'Directory'
      ? directoryChanges(source.path, reading, options)
      : await archiveChanges(reading, {
          ...options,
          from: source.from,
          revision,
          fetch: world.fetch,
          clock: world.clock,
          ...(source.authorization !== undefined && { authorization: source.authorization }),
        });
  if (changes === undefined) return { isChanged: false, revision };
  const counts = await portfolio.applyChange(source.name, changes);
  return { isChanged: true, revision: (await portfolio.revisionOf(source.name)) ?? '', reading, counts };
}

/** That it has answered is said last: whoever is told so finds what it answered. */
async function takeInApi(
  portfolio: Portfolio,
  source: Extract<Source, { type: 'Api' }>,
  { signal, ...world }: SourceWorld,
): Promise<Taken> {
  const { name, which, ecosystems, authorization } = source;
  const scope = { source: name, ...(ecosystems !== undefined && { ecosystems }) };
  const questions = await portfolio.questionsOf(scope, which);
  if (which === 'unasked' && questions.length === 0) {
    return { isChanged: false, revision: (await portfolio.revisionOf(name)) ?? '' };
  }
  const url = new URL(source.url);
  const reading = emptyReading();
  const answered: number[] = [];
  const changes = apiChanges(reading, {
    api: createOsvApi({ ...world, url, ...(authorization !== undefined && { authorization }) }),
    host: url.host,
    questions,
    isWhole: which === 'all',
    answered,
    held: () => portfolio.heldRecords(name),
    kept: await portfolio.digestsOf(name),
    signal,
    ...(ecosystems !== undefined && { ecosystems }),
  });
  const counts = await portfolio.applyChange(name, changes);
  await portfolio.noteAsked(name, answered);
  return { isChanged: true, revision: (await portfolio.revisionOf(name)) ?? '', reading, counts };
}
