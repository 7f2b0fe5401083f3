import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BillPackage, Unread } from './bill.ts';
import { billOf } from './collected.ts';
import { writeCycloneDx } from './cyclonedx-write.ts';
import { packageOfPurl, purlOf } from './ecosystems.ts';
import { readBill } from './read-bill.ts';

const name = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9._-]{0,8}$/);
const version = fc.oneof(fc.stringMatching(/^\d{1,2}(\.\d{1,2}){0,2}(\+b1)?$/), fc.constant(''));
const places = fc.record(
  {
    source: fc.record({ name, version }),
    platforms: fc.uniqueArray(fc.constantFrom('linux/amd64', 'linux/arm64'), { minLength: 1 }),
    places: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1 }),
  },
  { requiredKeys: [] },
);
const languages = fc.constantFrom('npm', 'PyPI', 'Go', 'crates.io', 'Maven', 'NuGet');
const packages: fc.Arbitrary<BillPackage> = fc.oneof(
  fc.record({ name, version, ecosystem: languages }).map((item) => {
    const full = item.ecosystem === 'Maven' ? `g.h:${item.name}` : item.name;
    return { ...item, name: full, purl: purlOf(item.ecosystem, full, item.version) };
  }),
  fc.record({ name, version, ecosystem: fc.constantFrom('', 'Debian:12'), purl: fc.constant('') }),
  fc.constantFrom(
    packageOfPurl('pkg:deb/debian/libssl3@3.0?upstream=openssl&distro=debian-12') as BillPackage,
    packageOfPurl('pkg:deb/debian/libssl3@3.1', 'debian-13') as BillPackage,
  ),
);
const unread: fc.Arbitrary<Unread> = fc.record({ what: fc.string(), why: fc.string() });
const bills = fc
  .tuple(fc.array(fc.tuple(packages, places)), fc.array(unread, { maxLength: 3 }))
  .map(([items, missing]) =>
    billOf(
      items.map(([item, more]) => ({ ...more, ...item })),
      missing,
    ),
  );

it('what is written is read as the same bill', () => {
  fc.assert(
    fc.property(bills, (bill) => {
      expect(readBill(writeCycloneDx(bill))).toEqual(bill);
    }),
  );
});

it('the same bill gives the same text, whatever order its packages come in', () => {
  const shuffled = bills.chain((bill) =>
    fc.tuple(fc.constant(bill), fc.shuffledSubarray([...bill.packages], { minLength: bill.packages.length })),
  );
  fc.assert(
    fc.property(shuffled, ([bill, order]) => {
      expect(writeCycloneDx({ ...bill, packages: order })).toBe(writeCycloneDx(bill));
    }),
  );
});

it('is CycloneDX 1.6 by its schema', async () => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  for (const bill of fc.sample(bills, { numRuns: 30, seed: 1 })) {
    expect(await validator.validate(writeCycloneDx(bill))).toBeNull();
  }
  expect(
    await validator.validate('{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}]}'),
  ).not.toBeNull();
});
