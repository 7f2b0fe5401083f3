import type { BillPackage } from '@cartographer/bills';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Advisory, AffectedPackage, RangeEvent } from '../advisories/advisory.ts';
import { AdvisoryIndex } from '../advisories/advisory-index.ts';
import { findings } from './findings.ts';

const item: BillPackage = { name: 'a', version: '1.2.0', purl: 'pkg:npm/a@1.2.0', ecosystem: 'npm' };
const high = [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H' }];

function affected(events: readonly RangeEvent[], over: Partial<AffectedPackage> = {}): AffectedPackage {
  const type = over.ecosystem === undefined ? 'SEMVER' : 'ECOSYSTEM';
  return { ecosystem: 'npm', name: 'a', versions: [], ranges: [{ type, events }], severity: [], ...over };
}

function record(id: string, over: Partial<Advisory> = {}, fixed = '2.0.0'): Advisory {
  const entry = affected([{ introduced: '0' }, { fixed }]);
  return { id, aliases: [], upstream: [], summary: '', severity: [], affected: [entry], ...over };
}

function match(packages: readonly BillPackage[], ...records: readonly Advisory[]): ReturnType<typeof findings> {
  const index = new AdvisoryIndex();
  for (const advisory of records) index.add(advisory);
  return findings(packages, index);
}

describe('a finding', () => {
  it('names the package as the bill has it, and where it is fixed', () => {
    const odd = { ...item, name: 'Zope.Interface', version: ' v1.2 ', ecosystem: 'PyPI' };
    const entry = affected([{ introduced: '0' }, { fixed: '2.0' }], { ecosystem: 'PyPI', name: 'zope_interface' });
    const published = '2024-01-01T00:00:00Z';
    const advisory = record('X-1', { affected: [entry], severity: high, summary: 'bad', published });
    expect(match([odd], advisory).findings).toEqual([
      {
        id: 'X-1',
        aliases: [],
        records: ['X-1'],
        severity: 'High',
        score: 7.5,
        package: { name: 'Zope.Interface', version: ' v1.2 ', purl: item.purl, ecosystem: 'PyPI' },
        fixedIn: '2.0',
        published,
        summary: 'bad',
      },
    ]);
  });

  it('joins records that are aliases of each other, over others, and leaves related ones apart', () => {
    const { findings: found } = match(
      [item],
      record('A-1', { aliases: ['CVE-1'] }),
      record('B-1', { upstream: ['CVE-2'] }),
      record('C-1', { aliases: ['CVE-1', 'CVE-2'] }),
      record('CVE-3', {}),
      record('D-1', { upstream: ['CVE-3'] }),
      record('E-1', {}),
    );
    expect(found.map(({ id, aliases, records }) => ({ id, aliases, records }))).toEqual([
      { id: 'A-1', aliases: ['B-1', 'C-1', 'CVE-1', 'CVE-2'], records: ['A-1', 'B-1', 'C-1'] },
      { id: 'CVE-3', aliases: ['D-1'], records: ['CVE-3', 'D-1'] },
      { id: 'E-1', aliases: [], records: ['E-1'] },
    ]);
  });

  it.each<[string, Partial<Advisory>, Partial<Advisory>, string]>([
    ['has a severity', {}, { severity: high }, 'B'],
    ['has a word for it', {}, { databaseSeverity: 'LOW' }, 'B'],
    ['has a vector, not a word', { databaseSeverity: 'LOW' }, { severity: high }, 'B'],
    ['knows a fix', { affected: [affected([{ introduced: '0' }])] }, {}, 'B'],
    ['says what it is', {}, { summary: 'x' }, 'B'],
    ['says since when', {}, { published: '2024-01-01T00:00:00Z' }, 'B'],
    ['comes first by id', {}, {}, 'A'],
  ])('is led by the record that %s', (_name, first, second, lead) => {
    const records = [record('A', { aliases: ['C'], ...first }), record('B', { aliases: ['C'], ...second })];
    expect(match([item], ...records).findings.map(({ id }) => id)).toEqual([lead]);
    expect(match([item], ...records.toReversed()).findings.map(({ id }) => id)).toEqual([lead]);
  });

  it('has its severity from a vector of any record, then from a word of any, else none is known', () => {
    const rated = (...records: readonly Advisory[]): unknown => match([item], ...records).findings[0]?.severity;
    const lead = record('A', { aliases: ['B'], databaseSeverity: 'CRITICAL' });
    expect(rated(lead, record('B', { severity: high }))).toBe('High');
    expect(rated(lead, record('B'))).toBe('Critical');
    expect(rated(record('A'))).toBe('Unknown');
  });

  it('is published when the first of its records was', () => {
    const [one, two] = ['2024-01-01T01:00:00+05:00', '2024-01-01T00:00:00Z'];
    const records = [record('A', { aliases: ['B'], published: two }), record('B', { published: one })];
    expect(match([item], ...records).findings[0]?.published).toBe(one);
  });

  it.each<[string, readonly RangeEvent[], string | undefined]>([
    ['the next', [{ introduced: '0' }, { fixed: '1.3.0' }, { introduced: '2.0.0' }, { fixed: '2.0.1' }], '1.3.0'],
    ['none below the version', [{ introduced: '0' }, { fixed: '1.0.0' }, { introduced: '1.1.0' }], undefined],
    ['none where none is known', [{ introduced: '0' }, { lastAffected: '3.0.0' }], undefined],
    ['none that is affected again', [{ introduced: '0' }, { fixed: '1.3.0' }, { introduced: '1.3.0' }], undefined],
  ])('is fixed in %s', (_name, events, fixedIn) => {
    expect(match([item], record('A', { affected: [affected(events)] })).findings[0]?.fixedIn).toBe(fixedIn);
  });

  it('is fixed where every joined record is', () => {
    const records = [record('A', { aliases: ['B'] }, '1.3.0'), record('B', {}, '1.10.0')];
    expect(match([item], ...records).findings[0]?.fixedIn).toBe('1.10.0');
  });

  it('is none of a record that was withdrawn', () => {
    expect(match([item], record('A', { withdrawn: '2024-01-01T00:00:00Z' })).findings).toEqual([]);
  });
});

describe('a version that cannot be compared', () => {
  it('is one finding that lists the records, beside those that name it', () => {
    const listing = record('C', { affected: [affected([{ introduced: '0' }], { versions: ['latest'] })] });
    const { findings: found } = match([{ ...item, version: 'latest' }], record('B'), record('A'), listing);
    expect(found.map(({ id, aliases, severity, summary }) => ({ id, aliases, severity, summary }))).toEqual([
      { id: 'C', aliases: [], severity: 'Unknown', summary: '' },
      {
        id: 'UnreadableVersion',
        aliases: ['A', 'B'],
        severity: 'Unknown',
        summary: 'version latest cannot be compared with what 2 records name',
      },
    ]);
  });

  it('says so where there is none', () => {
    const [found] = match([{ ...item, version: '' }], record('A')).findings;
    expect(found).toMatchObject({ id: 'UnreadableVersion', summary: expect.stringContaining('has no version') });
  });

  it('of a package that no record speaks of is no finding', () => {
    expect(match([{ ...item, name: 'b', version: '' }], record('A')).findings).toEqual([]);
  });
});

describe('a package of a distribution', () => {
  const debian = { ecosystem: 'Debian:12', name: 'openssl' };
  const entry = affected([{ introduced: '0' }, { fixed: '3.0.11-1~deb12u2' }], debian);
  const bin = { ...item, name: 'libssl3', version: '3.0.11-1~deb12u1', ecosystem: 'Debian:12' };
  const source = { name: 'openssl', version: '3.0.11-1~deb12u1' };

  it('is matched by its source package and release, and shown by its own name', () => {
    const { findings: found } = match([{ ...bin, source }], record('DSA-1', { affected: [entry] }));
    expect(found).toMatchObject([{ package: { name: 'libssl3' }, fixedIn: '3.0.11-1~deb12u2' }]);
    expect(match([bin], record('DSA-1', { affected: [entry] })).findings).toEqual([]);
  });

  it('of another release is not affected', () => {
    const other = { ...bin, source, ecosystem: 'Debian:11' };
    const matches = match([other], record('DSA-1', { affected: [entry] }));
    expect(matches).toMatchObject({ findings: [], uncovered: ['Debian:11'] });
  });

  it('of any release is affected by a record without one', () => {
    const any = { ...entry, ecosystem: 'Debian' };
    expect(match([{ ...bin, source }], record('D', { affected: [any] }))).toMatchObject({
      findings: [{}],
      uncovered: [],
    });
  });
});

it('an ecosystem without records is named, and so is having none', () => {
  const packages = [item, { ...item, ecosystem: 'Maven' }, { ...item, ecosystem: '' }];
  expect(match(packages, record('A')).uncovered).toEqual(['Maven', 'unknown']);
});

it('ranges that are never matched are counted', () => {
  const ranges = [
    { type: 'GIT', events: [] },
    { type: 'Other', events: [] },
    { type: 'GIT', events: [] },
  ] as const;
  const advisory = record('A', { affected: [affected([], { ranges })] });
  expect(match([item, item], advisory)).toEqual({
    findings: [],
    uncovered: [],
    unmatchedRanges: { git: 4, other: 2 },
  });
});

it('the worst findings come first, then by package, whatever order all came in', () => {
  const packages = ['b', 'a', 'c'].map((name) => ({ ...item, name }));
  const entries = packages.map(({ name }) => affected([{ introduced: '0' }], { name }));
  const records = [
    record('Z', { affected: entries, aliases: ['Q'] }),
    record('Q', { affected: entries.slice(1) }),
    record('Y', { affected: entries, severity: high }),
    record('X', { affected: entries, databaseSeverity: 'CRITICAL' }),
  ];
  const expected = match(packages, ...records).findings;
  expect(expected.map(({ id, package: { name } }) => id + name)).toEqual([
    'Xa',
    'Xb',
    'Xc',
    'Ya',
    'Yb',
    'Yc',
    'Qa',
    'Zb',
    'Qc',
  ]);
  fc.assert(
    fc.property(
      fc.shuffledSubarray(packages, { minLength: 3 }),
      fc.shuffledSubarray(records, { minLength: 4 }),
      (some, others) => {
        expect(match(some, ...others).findings).toEqual(expected);
      },
    ),
  );
});

describe('of several records of one id', () => {
  it('the one that was modified last counts, and what the other spoke of is forgotten', () => {
    const old = record('A', { modified: '2024-01-01T00:00:00Z' });
    const next = record('A', {
      modified: '2024-01-02T00:00:00Z',
      affected: [affected([{ introduced: '0' }], { name: 'b' })],
    });
    const packages = [item, { ...item, name: 'b' }];
    const names = (...records: readonly Advisory[]): unknown =>
      match(packages, ...records).findings.map((found) => found.package.name);
    expect(names(old, next)).toEqual(['b']);
    expect(names(next, old)).toEqual(['b']);
  });
});
