import type { Bill } from '@cartographer/bills';
import { createFakeClock } from '@cartographer/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Advisory } from '../advisories/advisory.ts';
import { AdvisoryIndex } from '../advisories/advisory-index.ts';
import type { Finding } from '../match/finding.ts';
import { findings } from '../match/findings.ts';
import type { RecordChange } from './kept-advisories.ts';
import { Portfolio } from './portfolio.ts';
import { type FailingDatabase, failingDatabase } from './testing/failing-database.ts';
import { bill, change, gone, npm, put, record } from './testing/records.ts';
import { sharedMemory } from './testing/shared-memory.ts';

const clock = createFakeClock();
type Crash = { readonly at: number; readonly when: 'before' | 'after' };

/** A portfolio and one who listens to its news, both of which die now and then, beside what should be so. */
class World {
  readonly #inner = sharedMemory();
  readonly bills = new Map<string, Bill>();
  readonly records = new Map<string, Advisory>();
  /** What the listener believes of each bill. */
  readonly believed = new Map<string, Set<string>>();
  #database: FailingDatabase = failingDatabase(this.#inner);
  #portfolio: Portfolio | undefined;

  async portfolio(): Promise<Portfolio> {
    this.#portfolio ??= await Portfolio.open({ database: this.#database, clock });
    return this.#portfolio;
  }

  /** Does it; where it crashes, everything is opened anew and done again. @returns how many statements it took. */
  async do(work: (portfolio: Portfolio) => Promise<unknown>, crash?: Crash): Promise<number> {
    const portfolio = await this.portfolio();
    const before = this.#database.statements;
    if (crash !== undefined) this.#database.failAt(crash.at, crash.when);
    try {
      await work(portfolio);
      if (crash !== undefined) this.#database.failAt(Number.POSITIVE_INFINITY, 'before');
      return this.#database.statements - before;
    } catch (error) {
      if (crash === undefined) throw error;
      this.#database = failingDatabase(this.#inner);
      this.#portfolio = undefined;
      return this.do(work);
    }
  }

  async putBill(of: Bill, crash?: Crash): Promise<void> {
    await this.do(async (portfolio) => {
      const { digest } = await portfolio.putBill({ digest: JSON.stringify(of) }, of);
      if (!this.bills.has(digest)) this.believed.set(digest, textsOf(await portfolio.findingsOf(digest)));
      this.bills.set(digest, of);
    }, crash);
  }

  async change(changes: readonly RecordChange[], crash?: Crash): Promise<void> {
    await this.do((portfolio) => portfolio.applyChange('osv', change(JSON.stringify(changes), ...changes)), crash);
    for (const it of changes) {
      if (it.kind === 'put') this.records.set(it.advisory.id, it.advisory);
      else this.records.delete(it.id);
    }
  }

  async listen(crash?: Crash): Promise<void> {
    await this.do(async (portfolio) => {
      const news = await portfolio.news();
      for (const { bill, differences } of news) {
        for (const { was, is } of differences) {
          if (was !== undefined) this.believed.get(bill)?.delete(JSON.stringify(was));
          if (is !== undefined) this.believed.get(bill)?.add(JSON.stringify(is));
        }
      }
      await portfolio.toldNews(news);
    }, crash);
  }

  /** What is kept is what matching everything anew gives, each finding once; what was told is that, too. */
  async check(): Promise<void> {
    await this.listen();
    const portfolio = await this.portfolio();
    expect(await portfolio.news()).toEqual([]);
    const index = new AdvisoryIndex();
    for (const advisory of this.records.values()) index.add(advisory);
    const touched = new Map<string, Set<string>>();
    for (const [digest, { packages }] of this.bills) {
      const expected = findings(packages, index).findings;
      const kept = await portfolio.findingsOf(digest);
      expect(kept.map(withoutSince).toSorted()).toEqual(expected.map((it) => JSON.stringify(it)).toSorted());
      expect(this.believed.get(digest)).toEqual(textsOf(kept));
      for (const { id, aliases } of expected) {
        for (const name of [id, ...aliases]) touched.set(name, (touched.get(name) ?? new Set()).add(digest));
      }
    }
    for (const [id, digests] of touched) {
      expect((await portfolio.touchedBy(id)).map(({ bill }) => bill)).toEqual([...digests].toSorted());
    }
    expect((await portfolio.digestsOf('osv')).size).toBe(this.records.size);
  }
}

function withoutSince({ since: _since, ...finding }: Finding & { readonly since: string }): string {
  return JSON.stringify(finding);
}

function textsOf(kept: readonly (Finding & { readonly since: string })[]): Set<string> {
  return new Set(kept.map(withoutSince));
}

const crashes = fc.option(
  fc.record({ at: fc.integer({ min: 1, max: 40 }), when: fc.constantFrom('before', 'after') }),
  {
    nil: undefined,
  },
);
const names = fc.constantFrom('a', 'b', 'c');
const versions = fc.constantFrom('1.0.0', '2.0.0', '3.0.0');
const bills = fc
  .uniqueArray(fc.tuple(names, versions), { minLength: 1, maxLength: 5, selector: String })
  .map((items) => bill(...items.map(([name, version]) => npm(name, version))));
const records = fc
  .tuple(fc.constantFrom('R-1', 'R-2', 'R-3'), fc.dictionary(names, versions), fc.subarray(['CVE-1', 'CVE-2']))
  .map(([id, affected, aliases]) => record(id, affected, { aliases }));
const changes = fc.array(fc.oneof(records.map(put), fc.constantFrom('R-1', 'R-2').map(gone)), { maxLength: 4 });
const steps = fc.array(
  fc.oneof(
    fc.tuple(bills, crashes).map(
      ([of, crash]) =>
        (world: World) =>
          world.putBill(of, crash),
    ),
    fc.tuple(changes, crashes).map(
      ([list, crash]) =>
        (world: World) =>
          world.change(list, crash),
    ),
    crashes.map((crash) => (world: World) => world.listen(crash)),
  ),
  { minLength: 3, maxLength: 10 },
);

describe('a portfolio that crashes', () => {
  it('knows what matching everything anew would say, and tells each difference', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const world = new World();
        for (const step of list) await step(world);
        await world.check();
      }),
      { numRuns: 40 },
    );
  });

  it.each(['before', 'after'] as const)(
    'loses and doubles nothing, %s whichever statement of a change it does',
    async (when) => {
      const prepared = async (): Promise<World> => {
        const world = new World();
        await world.putBill(bill(npm('a', '1.0.0'), npm('b', '1.0.0')));
        await world.putBill(bill(npm('a', '1.0.0'), npm('c', '1.0.0')));
        await world.change([record('R-1', { a: '2.0.0' }), record('R-2', { b: '2.0.0' })].map(put));
        return world;
      };
      const changed = [put(record('R-1', { a: '3.0.0', c: '3.0.0' })), put(record('R-3', { b: '4.0.0' })), gone('R-2')];
      const untroubled = await prepared();
      const statements = await untroubled.do((portfolio) => portfolio.applyChange('osv', change('2', ...changed)));
      expect(statements).toBeGreaterThan(20);
      for (let at = 1; at <= statements; at += 1) {
        const world = await prepared();
        await world.change(changed, { at, when });
        await world.check();
      }
    },
  );
});
