import { expect, it } from 'vitest';
import { type BillPackage, MOST_PLACES } from './bill.ts';
import { billOf } from './collected.ts';

const a: BillPackage = { name: 'a', version: '1', purl: '', ecosystem: 'npm' };

it('a package that several files and platforms have stands there once, with all of them', () => {
  const twice = [
    { ...a, places: ['y'], platforms: ['linux/arm64'] },
    { ...a, places: ['x', 'y'], platforms: ['linux/amd64'] },
  ];
  const whole = { ...a, places: ['x', 'y'], platforms: ['linux/amd64', 'linux/arm64'] };
  expect(billOf(twice).packages).toEqual([whole]);
  expect(billOf(twice.toReversed()).packages).toEqual([whole]);
});

it('no more places are kept than anyone reads', () => {
  const places = ['f', 'e', 'd', 'c', 'b', 'a'];
  expect(billOf([{ ...a, places }]).packages[0]?.places).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(MOST_PLACES).toBe(5);
});

it('packages with other sources are others, and what is unread twice is told once', () => {
  const built = { ...a, source: { name: 's', version: '1' } };
  const unread = { what: 'b', why: 'is no list' };
  expect(billOf([built, a], [unread, unread])).toEqual({ packages: [a, built], unread: [unread] });
});
