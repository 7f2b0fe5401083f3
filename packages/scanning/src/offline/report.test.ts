import type { BillPackage } from '@cartographer/bills';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../match/finding.ts';
import { openvex } from './openvex.ts';
import { type Report, reportOf } from './report.ts';
import { sarif } from './sarif.ts';
import { table } from './table.ts';

const item = { name: 'a', version: '1.0', purl: 'pkg:npm/a@1.0', ecosystem: 'npm' };
const worst: Finding = {
  id: 'GHSA-1',
  aliases: ['CVE-1'],
  records: ['GHSA-1'],
  severity: 'Critical',
  score: 9,
  package: item,
  fixedIn: '1.1',
  summary: 'bad',
};
const nothing: Finding = {
  ...worst,
  id: 'X-2',
  aliases: [],
  severity: 'Unknown',
  score: undefined,
  fixedIn: undefined,
  summary: '',
};
const odd: Finding = {
  ...nothing,
  id: 'UnreadableVersion',
  aliases: ['X-3', 'X-4'],
  package: { ...item, version: '', purl: '' },
};
const found = [worst, nothing, odd];

function report(findings: readonly Finding[], over: Partial<Report> = {}): Report {
  const unmatchedRanges = { git: 1, other: 0 };
  const loaded = { records: 9, withdrawn: 0, unreadCount: 0, unread: [] };
  const bill = { packages: [item], unread: [] };
  return { ...reportOf('app.json', bill, { findings, uncovered: [], unmatchedRanges }, loaded), ...over };
}

describe('a report', () => {
  it('counts by severity, and versions that cannot be compared apart', () => {
    expect(report(found).counts).toEqual({
      critical: 1,
      high: 0,
      medium: 0,
      low: 0,
      unknown: 1,
      unreadable: 1,
      fixable: 1,
    });
  });

  it('is complete only where bill and advisories were read whole', () => {
    const matches = { findings: [], uncovered: ['npm'], unmatchedRanges: { git: 0, other: 0 } };
    const complete = (billUnread: number, advisoriesUnread: number): boolean =>
      reportOf(
        'x',
        { packages: [], unread: Array.from({ length: billUnread }, () => ({ what: 'a', why: 'b' })) },
        matches,
        { records: 1, withdrawn: 0, unreadCount: advisoriesUnread, unread: [] },
      ).complete;
    expect([complete(0, 0), complete(1, 0), complete(0, 1)]).toEqual([true, false, false]);
  });
});

describe('a table', () => {
  it('has a line for each finding and what was counted', () => {
    expect(table(report(found))).toBe(
      [
        'SEVERITY      ID                 PACKAGE  VERSION  FIXED IN  SUMMARY',
        'Critical 9.0  GHSA-1 (CVE-1)     a        1.0      1.1       bad',
        'Unknown       X-2                a        1.0',
        'Unknown       UnreadableVersion  a',
        '',
        '3 findings: 1 critical, 1 unknown, 1 unreadable in 1 packages, by 9 advisories; 1 can be fixed by an update',
        '',
      ].join('\n'),
    );
  });

  it('names what was not read and not covered', () => {
    const advisories = { ...report([]).advisories, unreadCount: 3, unread: [{ what: 'x.json', why: 'is cut off' }] };
    expect(table(report([], { advisories, uncovered: ['Go'], unread: [{ what: 'layer 1', why: 'is gone' }] }))).toBe(
      [
        'no findings in 1 packages, by 9 advisories',
        'not covered: no advisory speaks of packages of Go',
        'not read: layer 1 is gone',
        'not read: advisory x.json is cut off',
        'not read: 2 more advisories',
        '',
      ].join('\n'),
    );
  });

  it('gives a terminal no control characters, whatever a bill has', () => {
    const evil = { ...worst, package: { ...item, name: 'a\u001b[2J\n\u202eb', version: 'x'.repeat(99) } };
    const text = table(report([evil]));
    expect(text).toContain('a?[2J??b');
    expect(text).toContain(`${'x'.repeat(59)}…`);
  });
});

describe('SARIF', () => {
  const places = ['web/package-lock.json', 'b.json'];

  it('has a rule for each vulnerability and a result for each package at its file', () => {
    const packages: readonly BillPackage[] = [{ ...item, places }];
    const { runs } = sarif(report([worst, { ...worst, package: { ...item, name: 'b' } }, nothing]), packages, '1') as {
      runs: readonly [{ tool: { driver: { rules: readonly object[] } }; results: readonly object[] }];
    };
    expect(runs[0].tool.driver.rules).toEqual([
      {
        id: 'GHSA-1',
        shortDescription: { text: 'bad' },
        properties: { tags: ['security'], 'security-severity': '9.0' },
      },
      { id: 'X-2', shortDescription: { text: 'X-2' }, properties: { tags: ['security'] } },
    ]);
    expect(runs[0].results).toMatchObject([
      {
        ruleId: 'GHSA-1',
        ruleIndex: 0,
        level: 'error',
        message: { text: 'a 1.0: bad (CVE-1); fixed in 1.1' },
        locations: [
          {
            physicalLocation: { artifactLocation: { uri: 'web/package-lock.json' } },
            logicalLocations: [{ fullyQualifiedName: 'pkg:npm/a@1.0' }],
          },
        ],
      },
      { locations: [{ physicalLocation: { artifactLocation: { uri: 'app.json' } } }] },
      { ruleIndex: 1, level: 'warning', message: { text: 'a 1.0: X-2; no fix is known' } },
    ]);
    const prints = new Set(runs[0].results.map((result) => JSON.stringify(result).match(/[0-9a-f]{64}/)?.[0]));
    expect(prints.size).toBe(3);
  });

  it('says what could not be read', () => {
    const incomplete = report([], { complete: false, unread: [{ what: 'a', why: 'is odd' }], uncovered: ['Go'] });
    expect(sarif(incomplete, [], '1')).toMatchObject({
      runs: [
        {
          invocations: [
            {
              executionSuccessful: false,
              toolExecutionNotifications: [
                { message: { text: 'not read: a is odd' } },
                { message: { text: 'no advisory speaks of packages of Go' } },
              ],
            },
          ],
        },
      ],
    });
  });
});

describe('OpenVEX', () => {
  it('states what is affected and what to do, and what has to be looked at', () => {
    expect(openvex(report(found), new Date(0))).toEqual({
      '@context': 'https://openvex.dev/ns/v0.2.0',
      '@id': expect.stringMatching(/^urn:carto:scan:[0-9a-f]{64}$/),
      author: 'carto scan',
      timestamp: '1970-01-01T00:00:00.000Z',
      version: 1,
      statements: [
        {
          vulnerability: { name: 'GHSA-1', aliases: ['CVE-1'] },
          products: [{ '@id': 'pkg:npm/a@1.0' }],
          status: 'affected',
          action_statement: 'update a to 1.1',
        },
        {
          vulnerability: { name: 'X-2' },
          products: [{ '@id': 'pkg:npm/a@1.0' }],
          status: 'affected',
          action_statement: 'no fixed version is known yet',
        },
        ...['X-3', 'X-4'].map((name) => ({
          vulnerability: { name },
          products: [{ '@id': 'urn:carto:package:a%40' }],
          status: 'under_investigation',
        })),
      ],
    });
  });
});
