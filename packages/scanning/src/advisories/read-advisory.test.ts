import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advisoryOf, MAX_RECORD_BYTES, readAdvisory } from './read-advisory.ts';

const minimal = { id: 'X-1', modified: '2024-01-01T00:00:00Z' };

function why(value: unknown): string {
  const read = advisoryOf(value);
  return 'why' in read ? read.why : '';
}

describe('a record', () => {
  it('is read with what matching asks for', () => {
    const text = JSON.stringify({
      schema_version: '1.7.0',
      ...minimal,
      published: '2024-01-01T00:00:00.5+01:00',
      aliases: ['CVE-2024-1'],
      upstream: ['CVE-2024-2'],
      related: ['CVE-2024-3'],
      summary: ' One\nline ',
      severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N' }],
      database_specific: { severity: 'MODERATE', anything: [] },
      affected: [
        {
          package: { ecosystem: 'Debian:12', name: 'curl', purl: 'pkg:deb/debian/curl' },
          versions: ['1'],
          ranges: [
            { type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.0' }, { limit: '*' }] },
            { type: 'ECOSYSTEM', events: [{ introduced: '2', last_affected: '3' }] },
            { type: 'GIT', repo: 'https://x', events: [{ introduced: '0' }] },
            { type: 'MOON_PHASE', events: 'full' },
          ],
          severity: [{ type: 'Ubuntu', score: 'low' }],
          ecosystem_specific: { functions: 5 },
        },
      ],
      unknown: { field: true },
    });
    expect(readAdvisory(text)).toEqual({
      advisory: {
        id: 'X-1',
        modified: '2024-01-01T00:00:00Z',
        published: '2024-01-01T00:00:00.5+01:00',
        aliases: ['CVE-2024-1'],
        upstream: ['CVE-2024-2'],
        summary: 'One',
        severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N' }],
        databaseSeverity: 'MODERATE',
        affected: [
          {
            ecosystem: 'Debian:12',
            name: 'curl',
            versions: ['1'],
            ranges: [
              { type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.0' }, { limit: '*' }] },
              { type: 'ECOSYSTEM', events: [{ introduced: '2' }, { lastAffected: '3' }] },
              { type: 'GIT', events: [] },
              { type: 'Other', events: [] },
            ],
            severity: [{ type: 'Ubuntu', score: 'low' }],
          },
        ],
      },
    });
  });

  it('may leave out, or have null for, all but its id', () => {
    const nothing = { aliases: null, upstream: null, affected: null, severity: null, summary: null, published: null };
    const read = { id: 'X-1', aliases: [], upstream: [], summary: '', severity: [], affected: [] };
    expect(advisoryOf({ id: 'X-1', ...nothing })).toEqual({ advisory: read });
    expect(advisoryOf({ id: 'X-1', affected: [{ package: null, versions: null, ranges: null }] })).toEqual({
      advisory: { ...read, affected: [{ ecosystem: '', name: '', versions: [], ranges: [], severity: [] }] },
    });
  });

  it('has no time where the database knew none, which is the year 1 of Go', () => {
    const read = advisoryOf({ id: 'X-1', published: '0001-01-01T00:00:00Z', withdrawn: '0001-01-01T00:00:00Z' });
    expect(read).toEqual({ advisory: expect.not.objectContaining({ published: expect.anything() }) });
    expect(read).toEqual({ advisory: expect.not.objectContaining({ withdrawn: expect.anything() }) });
  });

  it('without a summary has the first line of its details, shortened', () => {
    const read = advisoryOf({ id: 'X-1', details: `${'a\u0007b '.repeat(200)}\nsecond` });
    const { summary } = 'advisory' in read ? read.advisory : { summary: '' };
    expect([summary.length, summary.slice(0, 8), summary.at(-1)]).toEqual([400, 'a b a b ', '…']);
  });

  const pkg = { ecosystem: 'npm', name: 'a' };
  it.each<{ record: unknown; says: string }>([
    { record: [], says: 'the record is not an object' },
    { record: {}, says: 'id is not a text of letters' },
    { record: { id: '../../etc/passwd' }, says: 'id is not' },
    { record: { id: 'a/b' }, says: 'id is not' },
    { record: { id: 'a..b' }, says: 'id is not' },
    { record: { id: '.a' }, says: 'id is not' },
    { record: { id: 'a\n' }, says: 'id is not' },
    { record: { id: 'a'.repeat(129) }, says: 'id is not' },
    { record: { id: 7 }, says: 'id is not a text' },
    { record: { ...minimal, aliases: 'CVE' }, says: 'aliases is not a list' },
    { record: { ...minimal, aliases: ['a', 'b\u0000'] }, says: 'aliases[1] is not a name' },
    { record: { ...minimal, modified: 'yesterday' }, says: 'modified is not a time' },
    { record: { ...minimal, withdrawn: '2024-13-40T00:00:00Z' }, says: 'withdrawn is not a time' },
    { record: { ...minimal, affected: {} }, says: 'affected is not a list' },
    { record: { ...minimal, affected: [1] }, says: 'affected[0] is not an object' },
    { record: { ...minimal, affected: [{ package: { name: 'a' } }] }, says: 'affected[0].package is not an ecosystem' },
    { record: { ...minimal, affected: [{ package: pkg, versions: [1] }] }, says: 'affected[0].versions[0] is not' },
    {
      record: { ...minimal, affected: [{ package: pkg, ranges: [1] }] },
      says: 'affected[0].ranges[0] is not an object',
    },
    {
      record: { ...minimal, affected: [{ package: pkg, ranges: [{ type: 'SEMVER', events: [] }] }] },
      says: 'affected[0].ranges[0].events is not a list with "introduced"',
    },
    {
      record: { ...minimal, affected: [{ package: pkg, ranges: [{ type: 'SEMVER', events: [{}, {}] }] }] },
      says: 'affected[0].ranges[0].events is not a list with "introduced"',
    },
    {
      record: { ...minimal, affected: [{ package: pkg, ranges: [{ type: 'SEMVER', events: [{ fixed: '1' }] }] }] },
      says: 'affected[0].ranges[0].events is not a list with "introduced"',
    },
    { record: { id: 'A-1\u0000' }, says: 'id is not' },
    {
      record: { ...minimal, affected: [{ package: pkg, ranges: [{ type: 'SEMVER', events: [{ fixed: 1 }] }] }] },
      says: 'affected[0].ranges[0].events[0].fixed is not a text',
    },
    { record: { ...minimal, severity: [{ type: 1 }] }, says: 'severity[0].type is not a text' },
  ])('is refused with what is wrong and where: $says', ({ record, says }) => {
    expect(why(record)).toContain(says);
  });

  it.each([
    ['', 'is not JSON, or cut off'],
    ['{"id": "X-1", "affec', 'is not JSON, or cut off'],
    [`${'['.repeat(600)}${']'.repeat(600)}`, 'nests too deep'],
    [' '.repeat(MAX_RECORD_BYTES + 1), 'is larger than 16 MiB'],
  ])('whose text cannot be read says so', (text, says) => {
    expect(readAdvisory(text)).toEqual({ why: expect.stringContaining(says) });
  });

  it('of the largest size is read', () => {
    const text = JSON.stringify(minimal);
    expect(readAdvisory(text + ' '.repeat(MAX_RECORD_BYTES - text.length))).toHaveProperty('advisory.id', 'X-1');
  });

  it('of any JSON is read or refused, and never throws', () => {
    const event = fc.record({ introduced: fc.anything(), fixed: fc.anything() }, { requiredKeys: [] });
    const range = fc.record({
      type: fc.constantFrom('SEMVER', 'GIT', 1),
      events: fc.oneof(fc.array(event), fc.anything()),
    });
    const affected = fc.record({ package: fc.anything(), ranges: fc.array(range), versions: fc.anything() });
    const record = fc.record({ id: fc.constant('X-1'), aliases: fc.anything(), affected: fc.array(affected) });
    fc.assert(
      fc.property(record, (value) => {
        const read = readAdvisory(JSON.stringify(value));
        expect('advisory' in read || read.why.length > 0).toBe(true);
      }),
    );
  });
});
