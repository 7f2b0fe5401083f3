import type { Bom, ImageFacts } from '@cartographer/convention-sdk';
import { BoundedMap, CartoError, type Clock, type Log, messageOf } from '@cartographer/machinery';
import {
  type FetchedManifest,
  ImageError,
  type Platform,
  type Reference,
  RegistryError,
  type RegistryFailure,
  type Repository,
} from '@cartographer/oci';
import { attachedBoms } from './attached-boms.ts';
import type { FoundBoms } from './bom-limits.ts';
import { buildpackBoms } from './buildpack-boms.ts';
import { type ImageContent, readContent } from './image-content.ts';
import type { SharedLookups } from './shared-lookups.ts';

/** A repository as an account sees it. */
type Reading = { readonly repository: Repository; readonly late: () => Error; readonly signal: AbortSignal };

/** … and what the account asks of it. */
export type Asked = Reading & { readonly who: string; readonly reference: Reference };

/** An image whose account has been answered for. */
type ReadingFacts = Reading & {
  /** As it stands in the template. */
  readonly image: string;
  readonly digest: string;
  readonly withBoms: boolean;
};

/** Reads images and keeps what was read, whoever asked for it: it is told only to those who may see it. */
export interface ReadImages {
  /** What is kept of a digest. */
  kept(digest: string): ImageContent | undefined;
  /**
   * Reads a digest, once for all who ask; `fetched` where its manifest was read already.
   *
   * @returns also whether it was read by this very call, and so by its account.
   */
  contentOf(
    reading: Reading,
    digest: string,
    fetched?: FetchedManifest,
  ): Promise<{ readonly value: ImageContent; readonly isOwn: boolean }>;
  factsOf(reading: ReadingFacts): Promise<ImageFacts>;
}

type Kept = { readonly sizeBytes: number } & (
  | { readonly kind: 'content'; readonly content: ImageContent }
  /** `untilMs`: what is attached may be more by then. */
  | { readonly kind: 'facts'; readonly facts: ImageFacts; readonly untilMs: number }
);

/** What is attached is looked for again after that; what could not be looked for, sooner. */
const ATTACHED_MS = 3_600_000;
const UNREAD_MS = 60_000;
/** The tags of a repository say which images have something attached by one. */
const TAGS_MS = 600_000;
const MOST_TAG_LISTS = 1_000;

/** All tags of a repository; undefined where the registry does not list them: each has to be asked for then. */
type TagList = ReadonlySet<string> | undefined;

/** Makes {@link ReadImages}. */
export function createReadImages(deps: {
  readonly lookups: SharedLookups;
  readonly clock: Clock;
  readonly log: Log;
  readonly platform: Platform;
  readonly cacheBytes: number;
}): ReadImages {
  const { lookups, clock, log, platform, cacheBytes } = deps;
  const cache = new BoundedMap<Kept>(cacheBytes, ({ sizeBytes }) => sizeBytes);
  const tagLists = new BoundedMap<{ readonly tags: TagList; readonly untilMs: number }>(MOST_TAG_LISTS);

  function kept(digest: string): ImageContent | undefined {
    const entry = cache.get(digest);
    return entry?.kind === 'content' ? entry.content : undefined;
  }

  function contentOf({ repository, late, signal }: Reading, digest: string, fetched?: FetchedManifest) {
    return lookups.shareAcross(JSON.stringify(['content', digest]), signal, late, async (until) => {
      const manifest = fetched ?? (await repository.manifest(digest, until));
      const content = await readContent(repository, manifest, { platform, signal: until });
      cache.set(digest, { kind: 'content', content, sizeBytes: content.sizeBytes });
      return content;
    });
  }

  /** Only who may see the repository gets here, so that they may see its tags, too. */
  async function hasTag({ repository, late, signal }: Reading, tag: string): Promise<boolean> {
    const { name } = repository;
    const known = tagLists.get(name);
    if (known !== undefined && clock.monotonicMs() < known.untilMs) return isIn(known.tags, tag);
    const { value: tags } = await lookups.shareAcross(JSON.stringify(['tags', name]), signal, late, async (until) => {
      const listed = await tagsOf(repository, until);
      tagLists.set(name, { tags: listed, untilMs: clock.monotonicMs() + TAGS_MS });
      return listed;
    });
    return isIn(tags, tag);
  }

  async function bomsOf(reading: Reading, content: ImageContent): Promise<FoundBoms> {
    const { repository, signal } = reading;
    const own = await buildpackBoms(repository, content, signal);
    return own ?? attachedBoms({ repository, content, hasTag: (tag) => hasTag(reading, tag), signal });
  }

  /** Bills are a help to conventions, and no condition. */
  async function bomsOrWarning(reading: ReadingFacts, content: ImageContent): Promise<FoundBoms> {
    try {
      return await bomsOf(reading, content);
    } catch (error) {
      reading.signal.throwIfAborted();
      if (!(error instanceof CartoError)) throw error;
      return { boms: [], unread: [messageOf(error)] };
    }
  }

  async function readFacts(reading: ReadingFacts): Promise<ImageFacts> {
    const { image, digest, withBoms } = reading;
    const content = kept(digest) ?? (await contentOf(reading, digest)).value;
    const { boms, unread } = withBoms ? await bomsOrWarning(reading, content) : NO_BOMS;
    if (unread.length > 0)
      log.warn({ image, unread: unread.slice(0, 10) }, 'bills of material of an image cannot be read');
    const facts: ImageFacts = { image, config: content.config, ...(boms.length === 0 ? {} : { boms }) };
    const untilMs = clock.monotonicMs() + (unread.length > 0 ? UNREAD_MS : ATTACHED_MS);
    cache.set(placeOf(reading), { kind: 'facts', facts, untilMs, sizeBytes: sizeOf(boms) });
    return facts;
  }

  return {
    kept,
    contentOf,
    async factsOf(reading) {
      const place = placeOf(reading);
      const entry = cache.get(place);
      if (entry?.kind === 'facts' && clock.monotonicMs() < entry.untilMs) return entry.facts;
      const { signal, late } = reading;
      return (await lookups.shareAcross(place, signal, late, (until) => readFacts({ ...reading, signal: until })))
        .value;
    },
  };
}

async function tagsOf(repository: Repository, signal: AbortSignal): Promise<TagList> {
  try {
    return new Set(await repository.tags(signal));
  } catch (error) {
    const isAnswer = error instanceof ImageError || (error instanceof RegistryError && !PASSING.has(error.reason));
    if (!isAnswer) throw error;
    return undefined;
  }
}

function isIn(tags: TagList, tag: string): boolean {
  return tags === undefined || tags.has(tag);
}

/** What may be otherwise the next time. */
const PASSING: ReadonlySet<RegistryFailure> = new Set(['Unavailable', 'RateLimited']);
const NO_BOMS: FoundBoms = { boms: [], unread: [] };
/** What an entry takes besides its bills. */
const ENTRY_BYTES = 1_024;

function placeOf({ image, withBoms }: ReadingFacts): string {
  return JSON.stringify([withBoms ? 'boms' : 'config', image]);
}

function sizeOf(boms: readonly Bom[]): number {
  return boms.reduce((sum, { name, raw }) => sum + name.length + raw.length, ENTRY_BYTES);
}
