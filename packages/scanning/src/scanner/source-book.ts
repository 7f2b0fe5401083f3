import { memoByIdentity, rfc3339 } from '@cartographer/machinery';
import type { Portfolio } from '../portfolio/portfolio.ts';
import { type Coverage, isCovered } from '../portfolio/queries.ts';
import type { SourceFacts } from '../verdict/facts.ts';

/** How far a source is in this process. */
export type SourceProgress = {
  /** What every bill is matched against; empty before the first match. */
  readonly revision: string;
  /** When that was taken in: RFC 3339. */
  readonly updated: string;
  readonly advisories: number;
  /** How many packages they speak of. */
  readonly packages: number;
  /** When it was last asked with success, in milliseconds since 1970, if that was the last time that it was asked. */
  readonly fetchedMs?: number;
  /** The same, if it was asked in vain since. */
  readonly lastMs?: number;
  /** Whether it was asked at all since the start. */
  readonly isAsked: boolean;
  /** Whether our own store failed while it was taken in, and it was not taken in since. */
  readonly isBehind: boolean;
};

const NEW: SourceProgress = {
  revision: '',
  updated: '',
  advisories: 0,
  packages: 0,
  isAsked: false,
  isBehind: false,
};

/** How far each source is: what the portfolio keeps of it, and when it was asked, which only this process knows. */
export class SourceBook {
  readonly #portfolio: Pick<Portfolio, 'sources' | 'coverageOf'>;
  readonly #progress = new Map<string, SourceProgress>();
  readonly #asOf = new Map<string, string>();
  #told: Coverage | undefined;

  constructor(portfolio: Pick<Portfolio, 'sources' | 'coverageOf'>) {
    this.#portfolio = portfolio;
  }

  /** Reads what the portfolio has; times of asking stay as they are. */
  async load(): Promise<void> {
    const kept = await this.#portfolio.sources();
    for (const { name, ...state } of kept) {
      this.#progress.set(name, { ...this.of(name), ...state });
    }
    const names = new Set(kept.map(({ name }) => name));
    for (const [name, progress] of this.#progress) {
      if (!names.has(name)) this.#progress.set(name, { ...NEW, ...askedAt(progress) });
    }
  }

  of(name: string): SourceProgress {
    return this.#progress.get(name) ?? NEW;
  }

  /** It was asked now; without a time, in vain. */
  asked(name: string, fetchedMs?: number): void {
    this.#progress.set(name, { ...this.of(name), isAsked: true, ...(fetchedMs === undefined ? {} : { fetchedMs }) });
  }

  /** It could not be asked; the next success is news. */
  failed(name: string): void {
    const { fetchedMs, ...rest } = this.of(name);
    const lastMs = fetchedMs ?? rest.lastMs;
    this.#progress.set(name, { ...rest, ...(lastMs === undefined ? {} : { lastMs }) });
  }

  /** Our own store did not take in what it said. */
  fellBehind(name: string): void {
    this.#progress.set(name, { ...this.of(name), isBehind: true });
  }

  /** All that it said is taken in. */
  caughtUp(name: string): void {
    this.#progress.set(name, { ...this.of(name), isBehind: false });
  }

  /** Every scan that its last change touched is as of its revision. */
  settled(name: string): void {
    this.#asOf.set(name, this.of(name).revision);
  }

  /** The revision that all scans are as of which a change since the start has touched; empty before it was asked. */
  asOf(name: string): string {
    return this.#asOf.get(name) ?? '';
  }

  forget(name: string): void {
    this.#progress.delete(name);
    this.#asOf.delete(name);
  }

  /** Names of those that every bill was matched with. */
  matched(): readonly string[] {
    return [...this.#progress].filter(([, { revision }]) => revision !== '').map(([name]) => name);
  }

  /** Call it before the first change: what {@link turned} compares with, if it was not called before. */
  async noteCoverage(): Promise<void> {
    await this.#lastTold();
  }

  /** What changed is not known: it is read anew by whoever asks next. All scans have to be woken after it. */
  forgetCoverage(): void {
    this.#told = undefined;
  }

  /**
   * Which ecosystems have their first records, or have lost their last, since this was asked before. It does not ask what
   * scans hold: one that is judged first while a source is read is in no index before it.
   */
  async turned(): Promise<(ecosystem: string) => boolean> {
    const before = this.#told ?? new Set();
    const now = await this.#coverage();
    this.#told = now;
    return (ecosystem) => isCovered(before, ecosystem) !== isCovered(now, ecosystem);
  }

  /** Ecosystems of which no record speaks, as of the last {@link turned}: whoever looked before it is woken by that. */
  async uncoveredOf(ecosystems: readonly string[]): Promise<readonly string[]> {
    const coverage = await this.#lastTold();
    return ecosystems.filter((name) => !isCovered(coverage, name));
  }

  async #lastTold(): Promise<Coverage> {
    if (this.#told !== undefined) return this.#told;
    const read = await this.#coverage();
    // What was told while it was read is newer.
    return (this.#told ??= read);
  }

  #coverage(): Promise<Coverage> {
    return this.#portfolio.coverageOf(this.matched());
  }

  /** What a verdict asks of a source. Whoever was never asked since the start is as fresh as what is kept of it. */
  facts(name: string): SourceFacts {
    return { name, ...factsOf(this.of(name)) };
  }
}

/** Each is asked for by every scan. */
const factsOf = memoByIdentity<SourceProgress, Omit<SourceFacts, 'name'>>(
  ({ revision, updated, fetchedMs, lastMs, isBehind }) => {
    const askedMs = fetchedMs ?? lastMs;
    if (revision === '') return { matched: false };
    const fetched = askedMs === undefined ? updated : rfc3339(askedMs);
    return { matched: true, revision, fetched, ...(isBehind ? { behind: isBehind } : {}) };
  },
);

function askedAt({
  isAsked,
  isBehind,
  fetchedMs,
  lastMs,
}: SourceProgress): Pick<SourceProgress, 'isAsked' | 'isBehind' | 'fetchedMs' | 'lastMs'> {
  return {
    isAsked,
    isBehind,
    ...(fetchedMs === undefined ? {} : { fetchedMs }),
    ...(lastMs === undefined ? {} : { lastMs }),
  };
}
