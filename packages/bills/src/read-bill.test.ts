import { describe, expect, it } from 'vitest';
import { BILL_LIMITS, readBill } from './read-bill.ts';

const cycloneDx = (components: unknown, more: object = {}): string =>
  JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components, ...more });
const spdx = (packages: unknown, more: object = {}): string =>
  JSON.stringify({ spdxVersion: 'SPDX-2.3', packages, ...more });
const names = (text: string): readonly string[] =>
  readBill(text).packages.map(({ ecosystem, name, version }) => `${ecosystem} ${name} ${version}`);

describe('a CycloneDX bill', () => {
  it.each(['1.2', '1.3', '1.4', '1.5', '1.6', '1.7'])('is read in version %s', (specVersion) => {
    expect(names(cycloneDx([{ type: 'library', name: 'a', purl: 'pkg:npm/a@1' }], { specVersion }))).toEqual([
      'npm a 1',
    ]);
  });

  it.each(['1.1', '1.8', '2.0', ''])('is refused in version "%s"', (specVersion) => {
    expect(() => readBill(cycloneDx([], { specVersion }))).toThrow(
      `is CycloneDX with specVersion "${specVersion}", which is not read: 1.2 to 1.7 are`,
    );
  });

  it('gives nested components, and not what it is about', () => {
    const nested = [{ name: 'a', purl: 'pkg:npm/a@1', components: [{ name: 'b', purl: 'pkg:npm/b@2' }] }];
    const about = { metadata: { component: { name: 'app', purl: 'pkg:npm/app@1', components: nested } } };
    expect(names(cycloneDx(nested, about))).toEqual(['npm a 1', 'npm b 2']);
  });

  it('gives a package once that stands there twice, and in one order', () => {
    const twice = [
      { name: 'b', purl: 'pkg:maven/g/b@1?type=pom' },
      { name: 'a', purl: 'pkg:npm/a@1' },
      { name: 'b', purl: 'pkg:maven/g/b@1?type=jar' },
    ];
    expect(readBill(cycloneDx(twice))).toEqual(readBill(cycloneDx(twice.toReversed())));
    expect(readBill(cycloneDx(twice)).packages.map(({ purl }) => purl)).toEqual([
      'pkg:maven/g/b@1?type=jar',
      'pkg:npm/a@1',
    ]);
  });

  it('keeps what has no package URL without an ecosystem, and leaves out what is no package', () => {
    const bill = readBill(
      cycloneDx([
        { type: 'library', group: 'g', name: 'x', version: '1' },
        { type: 'file', name: 'etc/passwd' },
        { type: 'operating-system', name: 'debian', version: '12' },
        { type: 'container', name: 'base', purl: 'pkg:npm/in-a-container@1' },
      ]),
    );
    expect(bill.packages).toEqual([
      { name: 'g/x', version: '1', purl: '', ecosystem: '' },
      { name: 'in-a-container', version: '1', purl: 'pkg:npm/in-a-container@1', ecosystem: 'npm' },
    ]);
    expect(bill.unread).toEqual([]);
  });

  it('names what of it cannot be read, and reads the rest', () => {
    const bill = readBill(
      cycloneDx([
        { name: 'a', version: '1', purl: 'pkg:npm/%zz' },
        { name: 'b', purl: 7 },
        'text',
        null,
        {},
        { name: 'c', purl: 'pkg:npm/c@1', components: { d: 1 } },
      ]),
    );
    expect(bill.packages.map(({ name, ecosystem }) => [name, ecosystem])).toEqual([
      ['a', ''],
      ['b', ''],
      ['c', 'npm'],
    ]);
    expect(bill.unread).toEqual([
      { what: 'components[0].purl', why: '"pkg:npm/%zz" is not a package URL' },
      { what: 'components[1].purl', why: '7 is not a package URL' },
      { what: 'components[2]', why: 'is not an object' },
      { what: 'components[3]', why: 'is not an object' },
      { what: 'components[4]', why: 'has no name and no package URL' },
      { what: 'components[5].components', why: 'is not a list' },
    ]);
  });

  it('gives the source package by the properties of syft and of trivy', () => {
    const properties = (named: Record<string, string>): object[] =>
      Object.entries(named).map(([name, value]) => ({ name, value }));
    const trivy = { SrcName: 'openssl', SrcVersion: '3.0.11', SrcRelease: '1', SrcEpoch: '1' };
    const sources = [
      { purl: 'pkg:deb/debian/a@1', properties: properties({ 'syft:metadata:source': 's' }) },
      {
        purl: 'pkg:deb/debian/b@1',
        properties: properties({ 'syft:metadata:source': 's', 'syft:metadata:sourceVersion': '2' }),
      },
      { purl: 'pkg:apk/alpine/c@1', properties: properties({ 'syft:metadata:originPackage': 'o' }) },
      { purl: 'pkg:rpm/rhel/d@1?epoch=3', properties: properties({ 'syft:metadata:sourceRpm': 's-1-2.src.rpm' }) },
      {
        purl: 'pkg:deb/debian/e@1',
        properties: properties(
          Object.fromEntries(Object.entries(trivy).map(([key, value]) => [`aquasecurity:trivy:${key}`, value])),
        ),
      },
      { purl: 'pkg:npm/f@1', properties: properties({ 'syft:metadata:source': 's' }) },
    ];
    const found = readBill(cycloneDx(sources)).packages.map(({ name, source }) => [
      name,
      source?.name,
      source?.version,
    ]);
    expect(found.toSorted(([left = ''], [right = '']) => left.localeCompare(right))).toEqual([
      ['a', 's', '1'],
      ['b', 's', '2'],
      ['c', 'o', '1'],
      ['d', 's', '3:1-2'],
      ['e', 'openssl', '1:3.0.11-1'],
      ['f', undefined, undefined],
    ]);
  });

  it('takes the release of its operating system for packages that say none', () => {
    const system = { type: 'operating-system', name: 'Debian', version: '12' };
    const packages = [{ purl: 'pkg:deb/debian/a@1' }, { purl: 'pkg:deb/debian/b@1?distro=debian-11' }];
    expect(names(cycloneDx([system, ...packages]))).toEqual(['Debian:11 b 1', 'Debian:12 a 1']);
    expect(names(cycloneDx([system, { ...system, version: '11' }, ...packages]))).toEqual([
      'Debian a 1',
      'Debian:11 b 1',
    ]);
  });

  it.each([
    ['pkg:pypi/flask-sqlalchemy@1', 'Flask_SQLAlchemy', 'Flask_SQLAlchemy'],
    ['pkg:nuget/newtonsoft.json@1', 'Newtonsoft.Json', 'Newtonsoft.Json'],
    ['pkg:nuget/newtonsoft.json@1', 'Newtonsoft_Json', 'newtonsoft.json'],
    ['pkg:npm/jsonstream@1', 'JSONStream', 'jsonstream'],
    ['pkg:pypi/vulnerable@1', 'harmless', 'vulnerable'],
  ])('%s named %s is called %s', (purl, name, called) => {
    expect(readBill(cycloneDx([{ name, purl, version: '9' }])).packages).toMatchObject([
      { name: called, version: '1' },
    ]);
  });

  it('says the version where the package URL says none', () => {
    expect(names(cycloneDx([{ name: 'a', version: '3', purl: 'pkg:npm/a' }]))).toEqual(['npm a 3']);
  });

  it('says where a package was found', () => {
    const evidence = { occurrences: [{ location: 'b' }, { location: 'a' }, {}] };
    const properties = [
      { name: 'syft:location:0:path', value: '/c' },
      { name: 'aquasecurity:trivy:FilePath', value: 'd' },
    ];
    expect(readBill(cycloneDx([{ purl: 'pkg:npm/a@1', evidence, properties }])).packages[0]?.places).toEqual([
      '/c',
      'a',
      'b',
      'd',
    ]);
  });
});

describe('an SPDX bill', () => {
  const reference = (referenceLocator: string): object => ({
    referenceCategory: 'PACKAGE-MANAGER',
    referenceType: 'purl',
    referenceLocator,
  });

  it.each(['SPDX-2.2', 'SPDX-2.3'])('is read in version %s', (spdxVersion) => {
    const packages = [
      { SPDXID: 'SPDXRef-a', name: 'a', externalRefs: [reference('pkg:npm/a@1'), { referenceType: 'cpe23Type' }] },
    ];
    expect(names(spdx(packages, { spdxVersion }))).toEqual(['npm a 1']);
  });

  it('may name the type of a reference by its address', () => {
    const whole = { ...reference('pkg:npm/a@1'), referenceType: 'http://spdx.org/rdf/references/purl' };
    expect(names(spdx([{ name: 'a', externalRefs: [whole, { ...whole, referenceType: 'xpurl' }] }]))).toEqual([
      'npm a 1',
    ]);
  });

  it('is refused in another version', () => {
    expect(() => readBill(spdx([], { spdxVersion: 'SPDX-2.1' }))).toThrow('is "SPDX-2.1", which is not read');
    expect(() => readBill('{"@context": "https://spdx.org/rdf/3.0.0/spdx-context.jsonld"}')).toThrow('is SPDX 3');
  });

  it('leaves out what it describes, if that is one package without a package URL', () => {
    const packages = [
      { SPDXID: 'SPDXRef-app', name: 'app', versionInfo: '1' },
      { SPDXID: 'SPDXRef-a', name: 'a', versionInfo: '2' },
    ];
    const describes = (id: string): object => ({ relationshipType: 'DESCRIBES', relatedSpdxElement: id });
    expect(names(spdx(packages, { relationships: [describes('SPDXRef-app')] }))).toEqual([' a 2']);
    expect(names(spdx(packages, { documentDescribes: ['SPDXRef-app'] }))).toEqual([' a 2']);
    expect(names(spdx(packages, { documentDescribes: ['SPDXRef-app', 'SPDXRef-a'] }))).toEqual([' a 2', ' app 1']);
    const withPurl = [{ ...packages[0], externalRefs: [reference('pkg:npm/app')] }];
    expect(names(spdx(withPurl, { documentDescribes: ['SPDXRef-app'] }))).toEqual(['npm app 1']);
  });

  it('names what of it cannot be read, and reads the rest', () => {
    const bill = readBill(
      spdx([
        7,
        {},
        { name: 'a', externalRefs: [reference('nonsense')] },
        { name: 'os', primaryPackagePurpose: 'OPERATING-SYSTEM' },
      ]),
    );
    expect(bill.packages).toEqual([{ name: 'a', version: '', purl: '', ecosystem: '' }]);
    expect(bill.unread).toEqual([
      { what: 'packages[0]', why: 'is not an object' },
      { what: 'packages[1]', why: 'has no name and no package URL' },
      { what: 'packages[2]', why: '"nonsense" is not a package URL' },
    ]);
    expect(() => readBill(spdx({}))).toThrow('has packages that are not a list');
    expect(readBill('{"spdxVersion": "SPDX-2.3"}')).toEqual({ packages: [], unread: [] });
  });
});

describe('what is read as a bill', () => {
  it.each([
    ['{', /^is not JSON: /],
    ['[]', /^is not a JSON object$/],
    ['{}', /^is neither CycloneDX nor SPDX/],
    ['{"bomFormat": "Other"}', /^is neither CycloneDX nor SPDX/],
    [' <bom xmlns="http://cyclonedx.org/schema/bom/1.5"/>', /^is XML/],
    ['SPDXVersion: SPDX-2.3', /^is SPDX of tags and values/],
    [new Uint8Array([0xff]), /^is not UTF-8$/],
  ])('%j is refused', (text, message) => {
    expect(() => readBill(text)).toThrow(message);
  });

  it('is text or bytes, with a mark of their order or without, alone or in a statement', () => {
    const bill = cycloneDx([{ purl: 'pkg:npm/a@1' }]);
    const statement = JSON.stringify({
      predicateType: 'https://cyclonedx.org/bom',
      predicate: JSON.parse(bill) as object,
    });
    const texts = [bill, `\uFEFF${bill}`, statement].flatMap((text) => [text, new TextEncoder().encode(text)]);
    expect(new Set(texts.map((text) => JSON.stringify(readBill(text)))).size).toBe(1);
  });

  it('is read up to each limit, and refused beyond it', () => {
    const two = cycloneDx([{ purl: 'pkg:npm/a@1', components: [{ purl: 'pkg:npm/b@1' }] }]);
    expect(readBill(two, { length: two.length, components: 2, nesting: 5 }).packages).toHaveLength(2);
    expect(() => readBill(two, { ...BILL_LIMITS, length: two.length - 1 })).toThrow(/is longer than \d+ characters/);
    expect(() => readBill(two, { ...BILL_LIMITS, components: 1 })).toThrow('has more than 1 components');
    expect(() => readBill(two, { ...BILL_LIMITS, nesting: 4 })).toThrow('nests more than 4 levels deep');
    const packages = spdx([{ name: 'a' }, { name: 'b' }]);
    expect(readBill(packages, { ...BILL_LIMITS, components: 2 }).packages).toHaveLength(2);
    expect(() => readBill(packages, { ...BILL_LIMITS, components: 1 })).toThrow('has more than 1 packages');
  });
});
