import type { Bill } from '@cartographer/bills';
import { expect, it } from 'vitest';
import { findingOf } from '../../verdict/testing/stage.ts';
import { bill, change, npm, put, record } from './records.ts';
import { idsOf, type SuiteStage, tell } from './suite-stage.ts';

/** What holds of bills, and of questions about them, on every database. */
export function billSuite({ open, clock }: SuiteStage): void {
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
    const first = await portfolio.putBill({ digest: 'one', repository: 'registry/one' }, kept);
    const second = await portfolio.putBill({ digest: 'two' }, kept);
    expect([first.matched, second.matched, matched.length]).toEqual([2, 0, 2]);
    expect(second.digest).toBe(first.digest);
    expect(await portfolio.billOf({ digest: 'one', repository: 'registry/one' })).toEqual({
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
    const found = all.map(({ held, findings }) => `${held[0]?.version} ${findings.map(({ id }) => id).join(' ')}`);
    expect(found.toSorted()).toEqual(['1.0.0 G-1', '1.5.0 G-1', '3.0.0 ']);
    expect(await portfolio.carriersOf({ name: 'a' })).toEqual(all);
    const second = await portfolio.carriersOf({ ecosystem: 'npm', name: 'a' }, { after: sorted[0] ?? '', limit: 1 });
    expect(second.map(({ bill }) => bill)).toEqual([sorted[1]]);
    for (const id of ['G-1', 'CVE-1']) {
      const touched = await portfolio.touchedBy(id);
      expect(touched.map(({ subjects }) => subjects[0]?.digest ?? '').toSorted()).toEqual([
        'image 1.0.0',
        'image 1.5.0',
      ]);
      expect(touched[0]?.held).toMatchObject([{ id: 'G-1', fixedIn: '2.0.0' }]);
      expect(touched[0]?.packages).toMatchObject([{ name: 'a', version: touched[0]?.held[0]?.package.version }]);
      expect(await portfolio.touchedBy(id, { after: touched[1]?.bill ?? '' })).toEqual([]);
    }
    expect(await portfolio.carriersOf({ ecosystem: 'PyPI', name: 'a' })).toEqual([]);
    await portfolio.close();
  });

  it('a vulnerability is known by each of its names, also where it touches nothing', async () => {
    const { portfolio } = await open();
    const { signal } = new AbortController();
    await portfolio.applyChange('osv', change('1', put(record('G_1', { a: '2.0.0' }, { aliases: ['CVE-1'] }))));
    for (const [id, isKnown] of [
      ['G_1', true],
      ['CVE-1', true],
      ['CVE-11', false],
      // Neither a pattern nor another text of a record.
      ['G-1', false],
      ['%', false],
      ['a', false],
    ] as const) {
      expect([id, await portfolio.isKnownVulnerability(id, signal)]).toEqual([id, isKnown]);
    }
    await expect(portfolio.isKnownVulnerability('CVE-1', AbortSignal.abort())).rejects.toThrow();
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

  it('what is told of a bill is told without its packages, for each place that it was read from', async () => {
    const { portfolio } = await open();
    const here = { digest: 'image', repository: 'registry/here' };
    const there = { digest: 'image', repository: 'registry/there' };
    const kept: Bill = { packages: [npm('b', '1'), npm('a', '1')], unread: [{ what: 'layer', why: 'is cut off' }] };
    const { digest } = await portfolio.putBill(
      { ...here, said: { platforms: ['linux/amd64'], from: ['layers'] } },
      kept,
    );
    expect(await portfolio.factsOf(here)).toEqual({
      digest,
      packages: 2,
      ecosystems: ['npm'],
      platforms: ['linux/amd64'],
      from: ['layers'],
      unread: kept.unread,
    });
    expect(await portfolio.factsOf(there)).toBeUndefined();
    await portfolio.putBill(there, bill());
    expect(await portfolio.factsOf(there)).toMatchObject({ packages: 0, ecosystems: [], platforms: [] });
    expect(await portfolio.factsOf(here)).toMatchObject({ digest, packages: 2 });
    await portfolio.close();
  });

  it('who is touched by what is attached is known by each of its names, beside what was matched', async () => {
    const { portfolio } = await open();
    await portfolio.applyChange('osv', change('1', put(record('A-1', { a: '2.0.0' }))));
    const subjectOf = (name: string) => ({ digest: name, repository: 'registry/app' });
    for (const name of ['one', 'two', 'three'])
      await portfolio.putBill(subjectOf(name), bill(npm(name === 'three' ? 'c' : 'a', '1.0.0'), npm(name, '1.0.0')));
    const seen = (id: string) => ({
      heard: ['key'],
      known: [],
      unread: [],
      ignored: [],
      findings: [{ finding: findingOf(id, { aliases: ['X-9'] }), signedBy: ['key'] }],
    });
    for (const [name, id] of [
      ['one', 'A-1'],
      ['three', 'A-1'],
      ['three', 'B-1'],
    ] as const)
      await portfolio.noteAttached(subjectOf(name), seen(id), ['key']);
    const touched = async (id: string, page = {}): Promise<readonly string[]> =>
      (await portfolio.touchedBy(id, page)).map(({ subjects, held, attached }) => {
        const said = attached.flatMap(({ digest, findings }) =>
          findings.map(({ finding }) => `${digest}!${finding.id}`),
        );
        return [subjects[0]?.digest, ...held.map((each) => each.id), ...said.toSorted()].join(' ');
      });
    expect((await touched('A-1')).toSorted()).toEqual(['one A-1 one!A-1', 'three three!A-1', 'two A-1']);
    expect((await touched('X-9')).toSorted()).toEqual(['one one!A-1', 'three three!A-1 three!B-1']);
    expect(await touched('x-9')).toEqual([]);
    const [first] = await portfolio.touchedBy('A-1', { limit: 1 });
    expect(await touched('A-1', { limit: 1 })).toHaveLength(1);
    expect(await touched('A-1', { after: first?.bill ?? '' })).toHaveLength(2);
    await clock.advance(60_000);
    await portfolio.sawSubjects(['two']);
    expect(await portfolio.forgetBills(30_000)).toBe(2);
    expect([await touched('A-1'), await touched('X-9')]).toEqual([['two A-1'], []]);
    await portfolio.close();
  });

  it('layers are kept by registry, digest and what reads them, the newest where all are too much', async () => {
    const { portfolio } = await open();
    const key = (digest: string, readers = '1') => ({ registry: 'registry', digest, readers });
    await portfolio.putLayer(key('a'), 'aaaa');
    await clock.advance(1_000);
    await portfolio.putLayer(key('b'), 'bbbb', 8);
    expect([await portfolio.layerOf(key('a')), await portfolio.layerOf(key('b'))]).toEqual(['aaaa', 'bbbb']);
    expect(await portfolio.layerOf(key('a', '2'))).toBeUndefined();
    expect(await portfolio.layerOf({ ...key('a'), registry: 'other' })).toBeUndefined();
    await clock.advance(1_000);
    await portfolio.putLayer(key('c'), 'c', 8);
    expect([await portfolio.layerOf(key('a')), await portfolio.layerOf(key('b'))]).toEqual([undefined, 'bbbb']);
    await portfolio.putBill({ digest: 'image', repository: 'registry/app', layers: ['b'] }, bill(npm('a', '1')));
    await portfolio.putLayer(key('d', '2'), 'd');
    expect(await portfolio.forgetLayers('1', 60_000)).toBe(1);
    await clock.advance(60_000);
    expect(await portfolio.forgetLayers('1', 30_000)).toBe(1);
    expect([await portfolio.layerOf(key('b')), await portfolio.layerOf(key('c'))]).toEqual(['bbbb', undefined]);
    await portfolio.close();
  });
}
