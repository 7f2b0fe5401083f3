import { expect, it } from 'vitest';
import { billOf } from './collected.ts';
import { compareBills } from './compared.ts';
import { packageOfPurl } from './ecosystems.ts';

const bill = (...purls: readonly string[]): ReturnType<typeof billOf> =>
  billOf(purls.map((purl) => packageOfPurl(`pkg:${purl}`) ?? expect.fail(purl)));
const texts = (packages: readonly { readonly name: string; readonly version: string }[]): readonly string[] =>
  packages.map(({ name, version }) => `${name}@${version}`);

it('two bills differ in what was added, removed and changed', () => {
  const older = bill('npm/same@1', 'npm/gone@1', 'npm/moved@1', 'npm/twice@1', 'npm/twice@2', 'pypi/other@1');
  const newer = bill(
    'npm/same@1',
    'npm/come@1',
    'npm/moved@2',
    'npm/twice@2',
    'npm/twice@3',
    'npm/twice@4',
    'npm/other@1',
  );
  const { added, removed, changed } = compareBills(older, newer);
  expect(texts(added)).toEqual(['come@1', 'other@1']);
  expect(texts(removed)).toEqual(['other@1', 'gone@1']);
  expect(changed).toEqual([
    { ecosystem: 'npm', name: 'moved', from: ['1'], to: ['2'] },
    { ecosystem: 'npm', name: 'twice', from: ['1'], to: ['3', '4'] },
  ]);
});

it('a version more is added, a version less is removed', () => {
  const [one, two] = [bill('npm/a@1'), bill('npm/a@1', 'npm/a@2')];
  expect(compareBills(one, two)).toEqual({ added: [two.packages[1]], removed: [], changed: [] });
  expect(compareBills(two, one)).toEqual({ added: [], removed: [two.packages[1]], changed: [] });
});

it('bills may have more versions of a package than a call may have arguments', () => {
  const versions = Array.from({ length: 150_000 }, (_, index) => ({
    name: 'a',
    version: `${index}`,
    purl: '',
    ecosystem: '',
  }));
  expect(compareBills({ packages: [], unread: [] }, { packages: versions, unread: [] }).added).toHaveLength(150_000);
});

it('a bill does not differ from itself, nor from one whose packages were merely found elsewhere', () => {
  const one = bill('npm/a@1');
  const elsewhere = billOf(one.packages.map((item) => ({ ...item, places: ['b'], platforms: ['linux/arm64'] })));
  expect(compareBills(one, elsewhere)).toEqual({ added: [], removed: [], changed: [] });
});
