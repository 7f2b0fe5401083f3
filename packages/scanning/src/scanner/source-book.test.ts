import { expect, it } from 'vitest';
import type { Coverage } from '../portfolio/queries.ts';
import { SourceBook } from './source-book.ts';

/** A book over records that speak of what is given next, each reading answered when the test says so. */
function bookOf() {
  const readings: PromiseWithResolvers<Coverage>[] = [];
  const book = new SourceBook({
    sources: () => Promise.resolve([]),
    coverageOf() {
      const reading = Promise.withResolvers<Coverage>();
      readings.push(reading);
      return reading.promise;
    },
  });
  const answer = (at: number, ...ecosystems: readonly string[]): void => readings[at]?.resolve(new Set(ecosystems));
  return { book, readings, answer };
}

it('a reading that a newer one has overtaken counts for nothing', async () => {
  const { book, answer } = bookOf();
  const asked = book.uncoveredOf(['npm']);
  const turned = book.turned();
  answer(1);
  await turned;
  answer(0, 'npm');
  expect(await asked).toEqual(['npm']);
  expect(await book.uncoveredOf(['npm'])).toEqual(['npm']);
});

it('what is covered is read once, until something changes or the change is not known', async () => {
  const { book, readings, answer } = bookOf();
  const noted = book.noteCoverage();
  answer(0, 'npm');
  await noted;
  expect(await book.uncoveredOf(['npm', 'PyPI'])).toEqual(['PyPI']);
  const turned = book.turned();
  answer(1, 'PyPI');
  expect(['npm', 'PyPI', 'Go'].filter(await turned)).toEqual(['npm', 'PyPI']);
  expect(await book.uncoveredOf(['npm', 'PyPI'])).toEqual(['npm']);
  expect(readings).toHaveLength(2);
  book.forgetCoverage();
  const anew = book.uncoveredOf(['npm', 'PyPI']);
  answer(2, 'npm');
  expect(await anew).toEqual(['PyPI']);
});
