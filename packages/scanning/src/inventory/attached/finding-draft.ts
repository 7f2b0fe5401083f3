import type { Unread } from '@cartographer/bills';
import { type Finding, UNREADABLE_VERSION } from '../../match/finding.ts';
import { type Rating, ratingOfScore, ratingOfWord, worst } from '../../match/severity.ts';

/** What a document says is vulnerable, and what of it could not be read. */
export type FindingsRead = { readonly findings: readonly Finding[]; readonly unread: readonly Unread[] };

/** Beyond what any scanner finds in one image. */
const MOST_FINDINGS = 20_000;
const MOST_TEXT = 512;
const MOST_SUMMARY = 200;
const MOST_ALIASES = 64;

/** A finding before it is known to be one. */
export type FindingDraft = {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly rating: Rating;
  readonly package: Finding['package'] | undefined;
  readonly fixedIn?: string | undefined;
  readonly published?: string | undefined;
  readonly summary: string;
};

/** Collects what a document says; what is no finding is named with its place in the document, never dropped. */
export class FindingsCollected {
  readonly #findings: Finding[] = [];
  readonly #unread: Unread[] = [];
  #isFull = false;

  leave(what: string, why: string): void {
    this.#unread.push({ what, why });
  }

  add(where: string, { id, aliases, rating, package: found, fixedIn, published, summary }: FindingDraft): void {
    if (id === '' || id === UNREADABLE_VERSION) return this.leave(where, 'has no id');
    if (found === undefined || found.name === '') return this.leave(where, `names no package that has ${shown(id)}`);
    const texts = [id, found.name, found.version, found.purl, fixedIn ?? '', ...aliases];
    if (texts.some(({ length }) => length > MOST_TEXT)) {
      return this.leave(where, `has a name or version of more than ${MOST_TEXT} characters`);
    }
    if (this.#findings.length >= MOST_FINDINGS) {
      if (!this.#isFull) this.leave('the rest', `is beyond ${MOST_FINDINGS} findings`);
      this.#isFull = true;
      return;
    }
    this.#findings.push({
      id,
      aliases: [...new Set(aliases)]
        .filter((name) => name !== id && name !== '')
        .slice(0, MOST_ALIASES)
        .toSorted(),
      records: [],
      ...rating,
      package: found,
      ...(fixedIn === undefined || fixedIn === '' ? {} : { fixedIn }),
      ...(published === undefined || Number.isNaN(Date.parse(published)) ? {} : { published }),
      summary: summary.slice(0, MOST_SUMMARY).toWellFormed(),
    });
  }

  /**
   * The worst of what ratings say. A score that is no number from 0 to 10 and a word that nobody uses are named, and leave
   * the severity unknown, which policies take for something severe.
   */
  rated(
    where: string,
    said: { readonly scores: readonly unknown[]; readonly words: readonly string[] },
  ): readonly Rating[] {
    const scores = said.scores.flatMap((score) => {
      const number = typeof score === 'string' && score.trim() !== '' ? Number(score) : score;
      const rating = typeof number === 'number' ? ratingOfScore(number) : undefined;
      if (rating === undefined) this.leave(where, `has the score ${shown(score)}, which is no number from 0 to 10`);
      return rating ?? UNKNOWN;
    });
    const words = said.words.flatMap((word) => {
      if (UNSAID.has(word.toLowerCase())) return [];
      const rating = LEAST.has(word.toLowerCase()) ? ({ severity: 'Low' } as const) : ratingOfWord(word);
      if (rating === undefined) this.leave(where, `has the severity ${shown(word)}, which is none`);
      return rating ?? UNKNOWN;
    });
    return [...scores, ...words];
  }

  get read(): FindingsRead {
    return { findings: this.#findings, unread: this.#unread.slice(0, MOST_FINDINGS) };
  }
}

const UNKNOWN: Rating = { severity: 'Unknown' };
const UNSAID = new Set(['', 'unknown']);
/** A finding that its scanner takes lightly is still one. */
const LEAST = new Set(['none', 'info', 'informational']);

/**
 * Of several ratings the worst. One that could not be read might be worse than any other, but for Critical.
 */
export function worstRating(ratings: readonly Rating[]): Rating {
  const read = worst(ratings.filter(({ severity }) => severity !== 'Unknown'));
  if (read === undefined) return UNKNOWN;
  return read.severity !== 'Critical' && ratings.some(({ severity }) => severity === 'Unknown') ? UNKNOWN : read;
}

/** A value of a document for a message. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 64 ? `${text.slice(0, 64)}…` : text;
}
