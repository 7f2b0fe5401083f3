import type { Clock } from '@cartographer/machinery';
import type { ChangeCounts, SourceChange } from '../portfolio/change.ts';
import type { Portfolio } from '../portfolio/portfolio.ts';
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
);

/** What reading a source once gave: `reading` and `counts` are absent where it said that nothing changed. */
export type Taken = { readonly revision: string } & (
  | { readonly isChanged: false }
  | { readonly isChanged: true; readonly reading: Reading; readonly counts: ChangeCounts }
);

/**
 * Reads a source and takes in what differs. Repeat it whenever the source may have changed, and after a failure: what was
 * taken in before stays.
 * @throws CartoError `CARTO_ADVISORIES` when it cannot be read as a whole, and those of the store.
 */
export async function takeInSource(
  portfolio: Portfolio,
  source: Source,
  world: { readonly fetch: Fetch; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Taken> {
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
