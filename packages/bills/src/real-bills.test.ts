import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareBills } from './compared.ts';
import { writeCycloneDx } from './cyclonedx-write.ts';
import { readBill } from './read-bill.ts';

const folder = join(import.meta.dirname, '..', 'testdata');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

describe('the bills that a real tool writes of one folder', () => {
  it.each(files)('%s has its packages', (file) => {
    const { packages, unread } = readBill(readFileSync(join(folder, file)));
    expect(unread).toEqual([]);
    expect(
      packages.map(({ ecosystem, name, version, source }) =>
        [ecosystem, name, version, source?.name, source?.version].join(' ').trim(),
      ),
    ).toEqual([
      'Debian:12 bash 5.2.15-2+b2',
      'Debian:12 libgcc-s1 12.2.0-14+b1 gcc-12 12.2.0-14',
      'Debian:12 libssl3 3.0.11-1~deb12u2 openssl 3.0.11-1~deb12u2',
      'Go github.com/docker/docker v20.10.7+incompatible',
      'PyPI flask 1.0',
      'PyPI requests 2.25.1',
      'npm @sindresorhus/is 4.6.0',
      'npm shop 1.0.0',
    ]);
  });

  it.each(files)('%s differs from none of the others, nor from what is written of it', (file) => {
    const bill = readBill(readFileSync(join(folder, file)));
    const same = { added: [], removed: [], changed: [] };
    for (const other of files) expect(compareBills(bill, readBill(readFileSync(join(folder, other))))).toEqual(same);
    expect(readBill(writeCycloneDx(bill))).toEqual(bill);
  });
});
