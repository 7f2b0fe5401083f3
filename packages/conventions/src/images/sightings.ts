import { BoundedMap, type Clock } from '@cartographer/machinery';
import { formatReference, RegistryError, targetOf } from '@cartographer/oci';
import type { Asked, ReadImages } from './read-images.ts';
import type { SharedLookups } from './shared-lookups.ts';

/** What registries have answered which account. */
export interface Sightings {
  /** The digest that a tag stands for, as the account sees it. @throws RegistryError, ImageError */
  digestOf(asked: Asked): Promise<string>;
  /** Returns once the registry has answered the account for that digest. @throws RegistryError, ImageError */
  see(asked: Asked, digest: string): Promise<void>;
}

/** Intents that come together look a tag up once. */
const TAG_MS = 60_000;
/** So long an account that was answered for a digest is taken to be answered still. */
const SEEN_MS = 3_600_000;
const MOST_TAGS = 20_000;
const MOST_SEEN = 100_000;
const MOST_REFUSALS = 1_000;

type Refusal = Pick<RegistryError, 'reason' | 'message'> & { readonly untilMs: number };

/** Makes {@link Sightings}. */
export function createSightings(deps: {
  readonly images: ReadImages;
  readonly lookups: SharedLookups;
  readonly clock: Clock;
}): Sightings {
  const { images, lookups, clock } = deps;
  const tags = new BoundedMap<{ readonly digest: string; readonly untilMs: number }>(MOST_TAGS);
  const seenMs = new BoundedMap<number>(MOST_SEEN);
  /** Tags that somebody looked up: what they stood for is kept most likely, and asking for its digest is enough. */
  const lookedUp = new BoundedMap<true>(MOST_TAGS);
  const refusals = new BoundedMap<Refusal>(MOST_REFUSALS);

  const placeOf = ({ who, reference }: Asked, target: string): string =>
    JSON.stringify([who, reference.registry, reference.repository, target]);
  const note = (asked: Asked, digest: string): void => seenMs.set(placeOf(asked, digest), clock.monotonicMs());

  /** A registry that wants to be left alone by an account is. */
  async function unlessRefused<T>({ who, reference }: Asked, ask: () => Promise<T>): Promise<T> {
    const place = JSON.stringify([who, reference.registry]);
    const refusal = refusals.get(place);
    if (refusal !== undefined && clock.monotonicMs() < refusal.untilMs) {
      const afterMs = refusal.untilMs - clock.monotonicMs();
      throw new RegistryError(refusal.reason, refusal.message, { retry: 'after', afterMs });
    }
    try {
      return await ask();
    } catch (error) {
      if (error instanceof RegistryError && error.afterMs !== undefined) {
        const { reason, message, afterMs } = error;
        refusals.set(place, { reason, message, untilMs: clock.monotonicMs() + afterMs });
      }
      throw error;
    }
  }

  /** Whoever is the first reads the image at once; for others the digest is enough. */
  async function lookUp(asked: Asked, tag: string, signal: AbortSignal): Promise<string> {
    const { repository, reference } = asked;
    const name = formatReference({ ...reference, tag });
    const isKnown = lookedUp.get(name) === true;
    lookedUp.set(name, true);
    const fetched = isKnown ? undefined : await repository.manifest(tag, signal);
    const { digest } = fetched?.descriptor ?? (await repository.resolve(tag, signal));
    if (fetched !== undefined && images.kept(digest) === undefined) {
      await images.contentOf({ ...asked, signal }, digest, fetched);
    }
    note(asked, digest);
    return digest;
  }

  return {
    async digestOf(asked) {
      const tag = targetOf(asked.reference);
      const place = placeOf(asked, tag);
      const known = tags.get(place);
      if (known !== undefined && clock.monotonicMs() < known.untilMs) return known.digest;
      return lookups.share(place, asked.signal, asked.late, async (signal) => {
        const digest = await unlessRefused(asked, () => lookUp(asked, tag, signal));
        tags.set(place, { digest, untilMs: clock.monotonicMs() + TAG_MS });
        return digest;
      });
    },
    async see(asked, digest) {
      const place = placeOf(asked, digest);
      const since = seenMs.get(place);
      if (since !== undefined && clock.monotonicMs() - since < SEEN_MS) return;
      await lookups.share(place, asked.signal, asked.late, (signal) =>
        unlessRefused(asked, async () => {
          // What this account reads by itself it has seen; what others have read it asks for.
          const isKept = images.kept(digest) !== undefined;
          const isOwn = !isKept && (await images.contentOf({ ...asked, signal }, digest)).isOwn;
          if (!isOwn) await asked.repository.resolve(digest, signal);
          note(asked, digest);
        }),
      );
    },
  };
}
