import { expect, it } from 'vitest';
import { bill, change, gone, npm, put, record } from './records.ts';
import { idsOf, type SuiteStage } from './suite-stage.ts';

/** What holds of sources and of how long findings stand, on every database. */
export function sourceSuite({ open, clock }: SuiteStage): void {
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
}
