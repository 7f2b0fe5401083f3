import type { Bill } from '@cartographer/bills';
import { type Clock, rfc3339 } from '@cartographer/machinery';
import { openStore, type SqlDatabase, type Store, type Transaction } from '@cartographer/store';
import type { AttachedFindings } from '../inventory/attached/attached-findings.ts';
import { findings } from '../match/findings.ts';
import { nameEarlierAttached } from './attached-names.ts';
import { catchUp } from './catch-up.ts';
import { type ChangeCounts, digestsOf, revisionOf, type SourceChange, takeIn, type Write } from './change.ts';
import type { KeptAttached } from './kept-attached.ts';
import {
  type BillFacts,
  forgetBills,
  type KeptSubject,
  readBill,
  readFacts,
  type Subject,
  type SubjectSaid,
  writeAttached,
  writeBill,
} from './kept-bills.ts';
import type { KeptFinding } from './kept-findings.ts';
import { forgetLayers, type LayerKey, MOST_LAYER_CHARS, readLayer, writeLayer } from './kept-layers.ts';
import { MOST_VALUES } from './kept-names.ts';
import {
  heldRecords,
  isAskedFor,
  noteAsked,
  noteEarlierBills,
  type Question,
  type QuestionScope,
  questionsOf,
} from './kept-questions.ts';
import { firstSights, forgetSights, type Sighting, writeSights } from './kept-sights.ts';
import { parts } from './keys.ts';
import { forgetNews, type News, readNews } from './news.ts';
import {
  type Coverage,
  carriersOf,
  coverageOf,
  findingsOf,
  isCovered,
  isKnownVulnerability,
  type PackageCarrier,
  type PackageName,
  type Page,
  type SourceState,
  sourceStates,
  type TouchedCarrier,
  touchedBy,
} from './queries.ts';
import type { Match } from './rematch.ts';
import { MIGRATIONS, type Tables } from './tables.ts';

/**
 * Goes up whenever matching may answer differently for the same bill and records: all bills are matched again then, at the
 * first start of a program that has the new number.
 */
const MATCHER = 1;
const MOST_NEWS = 500;

/** What a {@link Portfolio} stands on. */
export type PortfolioOptions = {
  readonly database: SqlDatabase;
  readonly clock: Clock;
  /** What matches, and its number, in the place of this program's own: tests count. */
  readonly matcher?: { readonly match: Match; readonly version: number };
};

/**
 * Bills, advisories and findings. After each transaction the findings are what matching all bills against all advisories
 * would give; a change of advisories costs the packages that it speaks of, in the bills that hold one. Every method may be
 * called again after it failed: nothing is lost, and nothing done twice. All throw a CartoError when the database fails.
 */
export class Portfolio {
  readonly #store: Store<Tables>;
  readonly #clock: Clock;
  readonly #match: Match;
  #born = '';

  private constructor(store: Store<Tables>, clock: Clock, match: Match) {
    this.#store = store;
    this.#clock = clock;
    this.#match = match;
  }

  /** Opens it; where a program with another matcher wrote it, all is matched again first. */
  static async open(options: PortfolioOptions): Promise<Portfolio> {
    const { database, clock, matcher = { match: findings, version: MATCHER } } = options;
    const store = await openStore<Tables>(database, MIGRATIONS);
    try {
      const portfolio = new Portfolio(store, clock, matcher.match);
      const { version, match } = matcher;
      portfolio.#born = await catchUp(store, portfolio.#write, { version, match, now: portfolio.#now });
      await portfolio.#write(noteEarlierBills);
      await portfolio.#write(nameEarlierAttached);
      return portfolio;
    } catch (error) {
      await store.destroy();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#store.destroy();
  }

  /**
   * Keeps a bill and what it is of. A bill that is kept is not matched again. What it has is no news: ask for its findings.
   * @returns its digest, and how many packages were matched.
   */
  putBill(subject: KeptSubject, bill: Bill): Promise<{ readonly digest: string; readonly matched: number }> {
    return this.#write((tx) => writeBill(tx, subject, bill, this.#match, this.#now()));
  }

  /** The bill of an image or a source; undefined where none is kept. */
  billOf({ digest, repository = '' }: Subject): Promise<{ readonly digest: string; readonly bill: Bill } | undefined> {
    return this.#read(async (tx) => {
      const row = await tx
        .selectFrom('subjects')
        .innerJoin('bills', 'bills.id', 'subjects.bill')
        .select(['bills.id', 'bills.digest'])
        .where('subjects.digest', '=', digest)
        .where('subjects.repository', '=', repository)
        .executeTakeFirst();
      return row && { digest: row.digest, bill: await readBill(tx, row.id) };
    });
  }

  /** What is told of the bill of an image or a source, without reading its packages; undefined where none is kept. */
  factsOf(subject: Subject): Promise<(BillFacts & SubjectSaid) | undefined> {
    return readFacts(this.#store, subject);
  }

  /** Keeps what was seen of attached findings by these keys. @returns all that was; undefined where no bill is kept of the subject. */
  noteAttached(subject: Subject, seen: AttachedFindings, keys: readonly string[]): Promise<KeptAttached | undefined> {
    return this.#write((tx) => writeAttached(tx, subject, seen, { keys, now: this.#now() }));
  }

  /** What was kept of a layer; undefined for nothing. */
  layerOf(key: LayerKey): Promise<string | undefined> {
    return readLayer(this.#store, key);
  }

  /** Keeps what was read of a layer; where all are more than `mostChars`, those that were read first go. */
  putLayer(key: LayerKey, content: string, mostChars: number = MOST_LAYER_CHARS): Promise<void> {
    return this.#write((tx) => writeLayer(tx, key, content, { now: this.#now(), mostChars }));
  }

  /** Forgets layers that others than these readers read, and those that no kept image has and that are older than that. */
  forgetLayers(readers: string, unusedMs: number): Promise<number> {
    return this.#write((tx) => forgetLayers(tx, { readers, before: rfc3339(this.#clock.now() - unusedMs) }));
  }

  /** Says that the bills of these digests are wanted now; see {@link forgetBills}. */
  sawSubjects(digests: Iterable<string>): Promise<void> {
    return this.#write(async (tx) => {
      for (const part of parts(digests, MOST_VALUES)) {
        await tx.updateTable('subjects').set({ seen: this.#now() }).where('digest', 'in', part).execute();
      }
    });
  }

  /** Forgets bills that nobody put or saw for longer than that. @returns how many. */
  forgetBills(unseenMs: number): Promise<number> {
    return this.#write((tx) => forgetBills(tx, rfc3339(this.#clock.now() - unseenMs)));
  }

  /**
   * Takes in what a source says: its differing records, and the findings of the packages that they speak of. Bills of which
   * a finding differs are {@link news} until they were told.
   */
  applyChange(source: string, change: SourceChange): Promise<ChangeCounts> {
    return takeIn(this.#store, this.#write, source, change, this.#match, this.#now);
  }

  /** Forgets a source and its records; nothing is known from it any more. */
  async removeSource(source: string): Promise<ChangeCounts> {
    const digests = await this.digestsOf(source);
    const counts = await this.applyChange(source, allGone(digests.keys()));
    await this.#write(async (tx) => {
      await tx.deleteFrom('coverage').where('source', '=', source).execute();
      await tx.deleteFrom('asked').where('source', '=', source).execute();
      await tx.deleteFrom('sources').where('name', '=', source).execute();
    });
    return counts;
  }

  /** The digest of each record that a source has given, by id: what it is compared with when it is read again. */
  digestsOf(source: string): Promise<ReadonlyMap<string, string>> {
    return digestsOf(this.#store, source);
  }

  /** What was taken in last of a source; undefined where nothing was in whole: nothing is matched against it then. */
  revisionOf(source: string): Promise<string | undefined> {
    return revisionOf(this.#store, source);
  }

  /** The sources that were taken in at least once, by name. */
  sources(): Promise<readonly SourceState[]> {
    return this.#read(sourceStates);
  }

  /** What an API is to be asked: about all packages that bills hold, or about those alone that it has not answered for. */
  questionsOf(scope: QuestionScope, which: 'all' | 'unasked'): Promise<readonly Question[]> {
    return this.#read((tx) => questionsOf(tx, scope, which));
  }

  /** Says that a source has answered questions, once what it answered is taken in. */
  noteAsked(source: string, questions: Iterable<number>): Promise<void> {
    return this.#write((tx) => noteAsked(tx, source, questions));
  }

  /** Whether a source has answered for every package of a bill that is in its scope. */
  isAskedFor(scope: QuestionScope, bill: string): Promise<boolean> {
    return this.#read((tx) => isAskedFor(tx, scope, bill));
  }

  /** Records of a source that speak of a package that some bill holds. */
  heldRecords(source: string): Promise<ReadonlySet<string>> {
    return this.#read((tx) => heldRecords(tx, source));
  }

  /** Bills of which findings may differ from what was told last, the longest waiting first. */
  news(mostBills: number = MOST_NEWS): Promise<readonly News[]> {
    return this.#read((tx) => readNews(tx, mostBills));
  }

  /** Forgets news that were acted upon; what came meanwhile stays. */
  toldNews(told: readonly Pick<News, 'bill' | 'number'>[]): Promise<void> {
    return this.#write((tx) => forgetNews(tx, told));
  }

  /** All findings of a bill, by its digest, in a fixed order that says nothing. */
  findingsOf(bill: string): Promise<readonly KeptFinding[]> {
    return findingsOf(this.#store, bill);
  }

  /** Who carries this package, in whatever version, and what is found in it. */
  carriersOf(wanted: PackageName, page: Page = {}): Promise<readonly PackageCarrier[]> {
    return this.#read((tx) => carriersOf(tx, wanted, page));
  }

  /** Who is touched by this vulnerability, whatever name of it is given. */
  touchedBy(vulnerability: string, page: Page = {}): Promise<readonly TouchedCarrier[]> {
    return this.#read((tx) => touchedBy(tx, vulnerability, page));
  }

  /** Whether some advisory has this name, also where it touches nothing. */
  isKnownVulnerability(vulnerability: string, signal: AbortSignal): Promise<boolean> {
    return isKnownVulnerability(this.#store, vulnerability, signal);
  }

  /** What the records of these sources speak of. */
  coverageOf(sources: readonly string[]): Promise<Coverage> {
    return coverageOf(this.#store, sources);
  }

  /** Ecosystems of which no record of these sources speaks, as they were given. */
  async uncoveredOf(ecosystems: readonly string[], sources: readonly string[]): Promise<readonly string[]> {
    const coverage = await this.coverageOf(sources);
    return ecosystems.filter((name) => !isCovered(coverage, name));
  }

  /** Since when this store keeps first sights: RFC 3339. What was seen before it nobody has told it. */
  get born(): string {
    return this.#born;
  }

  /** When each vulnerability was first seen in a namespace: by {@link storedKey} of its names, RFC 3339. */
  sightsIn(namespace: string): Promise<ReadonlyMap<string, string>> {
    return firstSights(this.#store, namespace);
  }

  /** Keeps that vulnerabilities were seen in a namespace; of several times of one the first stays. */
  sawVulnerabilities(namespace: string, sightings: readonly Sighting[]): Promise<void> {
    return this.#write((tx) => writeSights(tx, namespace, sightings));
  }

  /** Forgets the sights of all namespaces but these. */
  forgetSights(namespaces: ReadonlySet<string>): Promise<void> {
    return this.#write((tx) => forgetSights(tx, namespaces));
  }

  readonly #now = (): string => rfc3339(this.#clock.now());

  /** The first statement makes writers wait for each other; without it two of PostgreSQL's could miss each other's bill and record. */
  readonly #write: Write = (work) =>
    this.#store.transaction().execute(async (tx) => {
      const { number } = await tx
        .updateTable('portfolio')
        .set((eb) => ({ number: eb('number', '+', 1) }))
        .returning('number')
        .executeTakeFirstOrThrow();
      return work(tx, number);
    });

  #read<T>(work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
    return this.#store.transaction().execute(work);
  }
}

async function* allGone(ids: Iterable<string>): SourceChange {
  for (const id of ids) yield { kind: 'gone', id };
  return '';
}
