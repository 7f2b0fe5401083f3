import type { Bill, BillPackage } from '@cartographer/bills';
import type { Clock } from '@cartographer/machinery';
import type { SqlDatabase } from '@cartographer/store';
import { expect, it } from 'vitest';
import type { AdvisoryLookup } from '../../advisories/advisory-index.ts';
import type { Finding } from '../../match/finding.ts';
import { findings } from '../../match/findings.ts';
import { CHANGE_LIMITS } from '../change.ts';
import type { RecordChange } from '../kept-advisories.ts';
import { Portfolio } from '../portfolio.ts';
import { bill, change, gone, npm, put, record } from './records.ts';

/** A portfolio of a test, and what was matched. */
type Opened = { readonly portfolio: Portfolio; readonly matched: BillPackage[] };

/** What holds on every database. `another` gives another handle on the same one, which is empty when a test begins. */
export function portfolioSuite(
  another: () => SqlDatabase,
  clock: Clock & { advance: (ms: number) => Promise<void> },
): void {
  const open = async (version = 1): Promise<Opened> => {
    const matched: BillPackage[] = [];
    const match = (packages: readonly BillPackage[], advisories: AdvisoryLookup): { findings: readonly Finding[] } => {
      matched.push(...packages);
      return findings(packages, advisories);
    };
    return { portfolio: await Portfolio.open({ database: another(), clock, matcher: { match, version } }), matched };
  };
  /** Bills of ten packages; every tenth one carries `common`. */
  const manyBills = async ({ portfolio, matched }: Opened, count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      const others = Array.from({ length: 9 }, (_, place) => npm(`p${at}-${place}`, '1.0.0'));
      const last = at % 10 === 0 ? npm('common', '1.0.0') : npm(`p${at}-9`, '1.0.0');
      await portfolio.putBill({ digest: `sha256:image-${at}` }, bill(...others, last));
    }
    matched.length = 0;
  };
  const idsOf = async (portfolio: Portfolio, digest: string): Promise<readonly string[]> =>
    (await portfolio.findingsOf(digest)).map(({ id, package: { name } }) => `${id} ${name}`).toSorted();
  const tell = async (portfolio: Portfolio): Promise<readonly string[]> => {
    const news = await portfolio.news();
    await portfolio.toldNews(news);
    return news.flatMap(({ differences }) =>
      differences.map(({ was, is }) => `${was?.id ?? '–'} → ${is?.id ?? '–'} ${(is ?? was)?.package.name}`),
    );
  };

  it('an advisory costs the packages that it speaks of, in the bills that carry one', async () => {
    const opened = await open();
    const { portfolio, matched } = opened;
    await manyBills(opened, 50);
    const counts = await portfolio.applyChange(
      'osv',
      change('1', put(record('A-1', { common: '2.0.0', other: '1.0.0' }))),
    );
    expect(counts).toEqual({
      added: 1,
      changed: 0,
      withdrawn: 0,
      older: 0,
      packages: 2,
      matched: 5,
      bills: 5,
      changedBills: 5,
      findings: 5,
    });
    expect(matched.map(({ name }) => name)).toEqual(Array.from({ length: 5 }, () => 'common'));
    const news = await portfolio.news();
    expect(news).toHaveLength(5);
    expect(news[0]?.differences).toEqual([{ is: expect.objectContaining({ id: 'A-1', fixedIn: '2.0.0' }) }]);
    await portfolio.close();
  });

  it('a changed text that changes no finding is no difference, and one that is the same is not matched', async () => {
    const opened = await open();
    const { portfolio, matched } = opened;
    await manyBills(opened, 20);
    const first = record('A-1', { common: '2.0.0' });
    await portfolio.applyChange('osv', change('1', put(first)));
    expect(await tell(portfolio)).toEqual(['– → A-1 common', '– → A-1 common']);
    const text = { ...first, modified: '2026-01-01T00:00:00Z' };
    const counts = await portfolio.applyChange('osv', change('2', put(text)));
    expect(counts).toMatchObject({ changed: 1, matched: 2, bills: 2, changedBills: 0, findings: 0 });
    expect(await portfolio.news()).toEqual([]);
    matched.length = 0;
    const again = await portfolio.applyChange('osv', change('3', put(text)));
    expect(again).toMatchObject({ added: 0, changed: 0, packages: 0, matched: 0, bills: 0 });
    expect(matched).toEqual([]);
    expect(await portfolio.sources()).toMatchObject([{ name: 'osv', revision: '3', advisories: 1 }]);
    await portfolio.close();
  });

  it('a restart matches nothing and tells nothing', async () => {
    const opened = await open();
    await manyBills(opened, 20);
    await opened.portfolio.applyChange('osv', change('1', put(record('A-1', { common: '2.0.0' }))));
    await tell(opened.portfolio);
    await opened.portfolio.close();
    const { portfolio, matched } = await open();
    expect(await portfolio.news()).toEqual([]);
    expect(matched).toEqual([]);
    expect(await portfolio.sources()).toMatchObject([{ name: 'osv', revision: '1' }]);
    expect([...(await portfolio.digestsOf('osv')).keys()]).toEqual(['A-1']);
    await portfolio.close();
  });

  it('both the packages of the old and of the new text are matched again', async () => {
    const { portfolio } = await open();
    const { digest } = await portfolio.putBill({ digest: 'image' }, bill(npm('a', '1.0.0'), npm('b', '1.0.0')));
    await portfolio.applyChange('osv', change('1', put(record('A-1', { a: '2.0.0' }))));
    expect(await idsOf(portfolio, digest)).toEqual(['A-1 a']);
    await portfolio.applyChange('osv', change('2', put(record('A-1', { b: '2.0.0' }))));
    expect(await idsOf(portfolio, digest)).toEqual(['A-1 b']);
    await portfolio.applyChange('osv', change('3', gone('A-1'), gone('never there')));
    expect(await idsOf(portfolio, digest)).toEqual([]);
    expect(await portfolio.digestsOf('osv')).toEqual(new Map());
    await portfolio.close();
  });

  it('what was told and what is now are the two ends of a difference, whatever lay between', async () => {
    const { portfolio } = await open();
    await portfolio.putBill({ digest: 'image' }, bill(npm('a', '1.0.0'), npm('b', '1.0.0')));
    await portfolio.applyChange('osv', change('1', put(record('A-1', { a: '2.0.0' }))));
    expect(await tell(portfolio)).toEqual(['– → A-1 a']);
    await portfolio.applyChange(
      'osv',
      change('2', put(record('A-1', { a: '3.0.0' })), put(record('B-1', { b: '2.0.0' }))),
    );
    await portfolio.applyChange('osv', change('3', put(record('A-1', { a: '4.0.0' })), gone('B-1')));
    const [news] = await portfolio.news();
    expect(news?.differences.map(({ was, is }) => [was?.fixedIn, is?.fixedIn])).toEqual([['2.0.0', '4.0.0']]);
    await portfolio.applyChange('osv', change('4', gone('A-1')));
    await portfolio.toldNews(news === undefined ? [] : [news]);
    expect(await tell(portfolio)).toEqual(['A-1 → – a']);
    expect(await portfolio.news()).toEqual([]);
    await portfolio.close();
  });

  it('bills and records that come at once find each other', async () => {
    const { portfolio } = await open();
    const numbers = Array.from({ length: 12 }, (_, at) => at);
    const bills = await Promise.all(
      numbers.map(async (at) => {
        const [{ digest }] = await Promise.all([
          portfolio.putBill({ digest: `image-${at}` }, bill(npm(`a-${at}`, '1.0.0'), npm('same', '1.0.0'))),
          portfolio.applyChange(
            `source-${at}`,
            change('1', put(record(`A-${at}`, { [`a-${at}`]: '2.0.0', same: '2.0.0' }))),
          ),
        ]);
        return digest;
      }),
    );
    for (const at of numbers) {
      const expected = [`A-${at} a-${at}`, ...numbers.map((other) => `A-${other} same`)];
      expect(await idsOf(portfolio, bills[at] ?? '')).toEqual(expected.toSorted());
    }
    await portfolio.close();
  });

  it('a bill is matched once, whatever it is of', async () => {
    const { portfolio, matched } = await open();
    await portfolio.applyChange('osv', change('1', put(record('A-1', { a: '2.0.0' }))));
    const kept: Bill = {
      packages: [npm('a', '1.0.0'), npm('b', '1.0.0')],
      unread: [{ what: 'layer x', why: 'is cut off' }],
    };
    const first = await portfolio.putBill({ digest: 'one', platform: 'linux/amd64' }, kept);
    const second = await portfolio.putBill({ digest: 'two' }, kept);
    expect([first.matched, second.matched, matched.length]).toEqual([2, 0, 2]);
    expect(second.digest).toBe(first.digest);
    expect(await portfolio.billOf({ digest: 'one', platform: 'linux/amd64' })).toEqual({
      digest: first.digest,
      bill: kept,
    });
    expect(await portfolio.billOf({ digest: 'one' })).toBeUndefined();
    expect(await idsOf(portfolio, first.digest)).toEqual(['A-1 a']);
    expect(await portfolio.news()).toEqual([]);
    await portfolio.close();
  });

  it('a bill that has a package twice has its findings once, and each package of one name its own', async () => {
    const { portfolio } = await open();
    const twice = [npm('a', '1.0.0'), { ...npm('a', '1.0.0'), places: ['web'] }, npm('a', '1.5.0')];
    const before = await portfolio.putBill({ digest: 'before' }, bill(npm('b', '1.0.0'), ...twice));
    await portfolio.applyChange('osv', change('1', put(record('A-1', { a: '2.0.0' }))));
    const after = await portfolio.putBill({ digest: 'after' }, bill(...twice));
    for (const { digest } of [before, after]) {
      const versions = (await portfolio.findingsOf(digest)).map(({ package: { version } }) => version);
      expect(versions.toSorted()).toEqual(['1.0.0', '1.5.0']);
    }
    await portfolio.close();
  });

  it('who carries a package, and who is touched by a vulnerability, is answered page by page', async () => {
    const { portfolio } = await open();
    const bills = await Promise.all(
      ['1.0.0', '1.5.0', '3.0.0'].map((version) =>
        portfolio.putBill({ digest: `image ${version}` }, bill(npm('a', version))),
      ),
    );
    await portfolio.putBill({ digest: 'other' }, bill(npm('b', '1.0.0')));
    await portfolio.applyChange('osv', change('1', put(record('G-1', { a: '2.0.0' }, { aliases: ['CVE-1'] }))));
    const sorted = bills.map(({ digest }) => digest).toSorted();
    const all = await portfolio.carriersOf({ ecosystem: 'npm', name: 'a' });
    expect(all.map(({ bill }) => bill)).toEqual(sorted);
    expect(all.map(({ subjects, held }) => `image ${held[0]?.version}` === subjects[0]?.digest)).toEqual([
      true,
      true,
      true,
    ]);
    const second = await portfolio.carriersOf({ ecosystem: 'npm', name: 'a' }, { after: sorted[0] ?? '', limit: 1 });
    expect(second.map(({ bill }) => bill)).toEqual([sorted[1]]);
    for (const id of ['G-1', 'CVE-1']) {
      const touched = await portfolio.touchedBy(id);
      expect(touched.map(({ subjects }) => subjects[0]?.digest ?? '').toSorted()).toEqual([
        'image 1.0.0',
        'image 1.5.0',
      ]);
      expect(touched[0]?.held).toMatchObject([{ id: 'G-1', fixedIn: '2.0.0' }]);
      expect(await portfolio.touchedBy(id, { after: touched[1]?.bill ?? '' })).toEqual([]);
    }
    expect(await portfolio.carriersOf({ ecosystem: 'PyPI', name: 'a' })).toEqual([]);
    await portfolio.close();
  });

  it('a finding stands since it was first there, also when its text changes or another record leads', async () => {
    const { portfolio } = await open();
    const { digest } = await portfolio.putBill({ digest: 'image' }, bill(npm('a', '1.0.0')));
    const sinceOf = async (): Promise<unknown> =>
      (await portfolio.findingsOf(digest)).map(({ id, since }) => [id, since]);
    await portfolio.applyChange('osv', change('1', put(record('CVE-1', { a: '2.0.0' }))));
    const [[, since] = []] = (await sinceOf()) as string[][];
    await clock.advance(60_000);
    await portfolio.applyChange('osv', change('2', put(record('CVE-1', { a: '3.0.0' }))));
    expect(await sinceOf()).toEqual([['CVE-1', since]]);
    const better = record('A-1', { a: '3.0.0' }, { aliases: ['CVE-1'], summary: 'leads' });
    await portfolio.applyChange('other', change('1', put(better)));
    expect(await sinceOf()).toEqual([['A-1', since]]);
    await portfolio.applyChange('other', change('2', put(better), put(record('B-1', { a: '3.0.0' }))));
    const later = (await portfolio.findingsOf(digest)).find(({ id }) => id === 'B-1')?.since ?? '';
    expect(later > (since ?? '')).toBe(true);
    await portfolio.close();
  });

  it('an older text than the kept one does not count where its source says so', async () => {
    const { portfolio } = await open();
    const at = (modified: string | undefined, fixed: string): RecordChange => ({
      ...put(record('A-1', { a: fixed }, modified === undefined ? {} : { modified })),
      onlyNewer: true,
    });
    const { digest } = await portfolio.putBill({ digest: 'image' }, bill(npm('a', '1.0.0')));
    await portfolio.applyChange('osv', change('1', at('2026-02-01T00:00:00Z', '2.0.0')));
    for (const older of [at('2026-01-01T00:00:00Z', '0.1.0'), at(undefined, '0.1.0')]) {
      expect(await portfolio.applyChange('osv', change('2', older))).toMatchObject({
        changed: 0,
        older: 1,
        matched: 0,
      });
    }
    expect(await portfolio.findingsOf(digest)).toMatchObject([{ fixedIn: '2.0.0' }]);
    const newer = await portfolio.applyChange('osv', change('3', at('2026-02-01T00:00:01Z', '3.0.0')));
    expect(newer).toMatchObject({ changed: 1, older: 0 });
    await portfolio.close();
  });

  it('sources are kept apart: one that goes takes only its own records', async () => {
    const { portfolio } = await open();
    const { digest } = await portfolio.putBill({ digest: 'image' }, bill(npm('a', '1.0.0')));
    await portfolio.applyChange(
      'one',
      change('1', put(record('A-1', { a: '2.0.0' })), put(record('B-1', { a: '2.0.0' }))),
    );
    await portfolio.applyChange('two', change('1', put(record('A-1', { a: '2.0.0' }))));
    await portfolio.removeSource('one');
    expect(await idsOf(portfolio, digest)).toEqual(['A-1 a']);
    expect((await portfolio.sources()).map(({ name }) => name)).toEqual(['two']);
    await portfolio.close();
  });

  it('an ecosystem is covered while a record of a source that counts speaks of it', async () => {
    const { portfolio } = await open();
    const debian = {
      ...record('D-1', { curl: '2' }),
      affected: [{ ...record('', { curl: '2' }).affected[0], ecosystem: 'Debian:12' }],
    };
    await portfolio.applyChange(
      'one',
      change('1', put(record('A-1', { a: '2.0.0' })), put(debian as typeof debian & ReturnType<typeof record>)),
    );
    const uncovered = (...sources: readonly string[]): Promise<readonly string[]> =>
      portfolio.uncoveredOf(['npm', 'Debian:12', 'Debian:11', ''], sources);
    expect(await uncovered('one')).toEqual(['Debian:11', '']);
    expect(await uncovered('two')).toEqual(['npm', 'Debian:12', 'Debian:11', '']);
    expect(await uncovered()).toEqual(['npm', 'Debian:12', 'Debian:11', '']);
    await portfolio.applyChange('one', change('2', gone('A-1')));
    expect(await uncovered('one')).toEqual(['npm', 'Debian:11', '']);
    await portfolio.close();
  });

  it('bills that nobody wants any more are forgotten, with all that is known of them', async () => {
    const { portfolio } = await open();
    const DAY = 86_400_000;
    await portfolio.applyChange('osv', change('1', put(record('A-1', { a: '2.0.0', b: '2.0.0' }))));
    const old = await portfolio.putBill({ digest: 'old' }, bill(npm('a', '1.0.0')));
    const shared = await portfolio.putBill({ digest: 'shared' }, bill(npm('b', '1.0.0')));
    await clock.advance(20 * DAY);
    await portfolio.sawSubjects(['shared', 'never put']);
    expect(await portfolio.forgetBills(30 * DAY)).toBe(0);
    await clock.advance(20 * DAY);
    expect(await portfolio.forgetBills(30 * DAY)).toBe(1);
    expect(await portfolio.billOf({ digest: 'old' })).toBeUndefined();
    expect(await portfolio.findingsOf(old.digest)).toEqual([]);
    expect((await portfolio.touchedBy('A-1')).map(({ bill }) => bill)).toEqual([shared.digest]);
    await portfolio.applyChange('osv', change('2', put(record('A-1', { a: '3.0.0' }))));
    expect(await tell(portfolio)).toEqual(['A-1 → – b']);
    await portfolio.close();
  });

  it('a large change is taken in by parts, and what fails halfway is taken up where it was', async () => {
    const { portfolio } = await open();
    const { digest } = await portfolio.putBill({ digest: 'image' }, bill(npm('a-0', '1.0.0'), npm('z', '1.0.0')));
    const many = Array.from({ length: CHANGE_LIMITS.records }, (_, at) =>
      put(record(`A-${at}`, { [`a-${at}`]: '2.0.0' })),
    );
    const cutOff = async function* (): ReturnType<typeof change> {
      yield* many;
      await Promise.resolve();
      throw new Error('cut off');
    };
    await expect(portfolio.applyChange('osv', cutOff())).rejects.toThrow('cut off');
    expect(await idsOf(portfolio, digest)).toEqual(['A-0 a-0']);
    expect(await portfolio.sources()).toEqual([]);
    const counts = await portfolio.applyChange('osv', change('1', ...many, put(record('Z-1', { z: '2.0.0' }))));
    expect(counts).toMatchObject({ added: 1, changed: 0, matched: 1 });
    expect(await portfolio.sources()).toMatchObject([{ revision: '1', advisories: CHANGE_LIMITS.records + 1 }]);
    expect(await tell(portfolio)).toEqual(['– → A-0 a-0', '– → Z-1 z']);
    await portfolio.close();
  });

  it('a program that matches in another way matches all bills again when it starts, once', async () => {
    const first = await open();
    await first.portfolio.putBill({ digest: 'image' }, bill(npm('a', '1.0.0'), npm('b', '1.0.0')));
    await first.portfolio.close();
    const second = await open(2);
    expect(second.matched.map(({ name }) => name)).toEqual(['a', 'b']);
    await second.portfolio.close();
    const third = await open(2);
    expect(third.matched).toEqual([]);
    await third.portfolio.close();
  });

  it('names and ids of any length and any characters are found again', async () => {
    const { portfolio } = await open();
    const names = [
      'x'.repeat(900),
      'nul\0nul',
      'lone \ud800',
      '\u{1F600}'.repeat(400),
      "'; drop table bills; --",
      '__proto__',
    ];
    const { digest } = await portfolio.putBill({ digest: 'image' }, bill(...names.map((name) => npm(name, '1.0.0'))));
    const advisory = record('A-1', {}, { aliases: ['CVE-'.padEnd(1_000, '9')] });
    const entries = names.flatMap((name) =>
      record('', { name: '2.0.0' }).affected.map((entry) => ({ ...entry, name })),
    );
    await portfolio.applyChange('osv', change('1', put({ ...advisory, affected: entries })));
    expect(await portfolio.findingsOf(digest)).toHaveLength(names.length);
    for (const name of names) expect(await portfolio.carriersOf({ ecosystem: 'npm', name })).toHaveLength(1);
    expect(await portfolio.touchedBy('CVE-'.padEnd(1_000, '9'))).toHaveLength(1);
    await portfolio.close();
  });
}
