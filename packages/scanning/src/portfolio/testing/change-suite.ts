import { expect, it } from 'vitest';
import { CHANGE_LIMITS } from '../change.ts';
import type { RecordChange } from '../kept-advisories.ts';
import { bill, change, gone, npm, put, record } from './records.ts';
import { idsOf, manyBills, type SuiteStage, tell } from './suite-stage.ts';

/** What holds of a change of advisories, on every database. */
export function changeSuite({ open }: SuiteStage): void {
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
}
