import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findingsIn, MAX_FINDINGS_BYTES } from './findings-in.ts';
import { placedFindings } from './placed-findings.ts';

const FOLDER = join(import.meta.dirname, '../../../testdata/findings');
const recorded = (file: string): Buffer => readFileSync(join(FOLDER, file));
const [CYCLONEDX, SARIF] = ['application/vnd.cyclonedx+json', 'application/sarif+json'];
const VULN = 'https://cosign.sigstore.dev/attestation/vuln/v1';

function read(bytes: Buffer | object, mediaType: string) {
  const document = Buffer.isBuffer(bytes) ? bytes : Buffer.from(JSON.stringify(bytes));
  const looked = findingsIn({ kind: 'document', bytes: document }, mediaType);
  if (looked.kind !== 'findings') throw new Error(JSON.stringify(looked));
  return looked;
}

const lines = (bytes: Buffer | object, mediaType: string) =>
  read(bytes, mediaType).findings.map(
    ({ id, severity, score = '-', package: { name, version, purl }, fixedIn = '-' }) =>
      `${id} ${severity} ${score} ${purl === '' ? `${name} ${version}` : purl} ${fixedIn}`,
  );

describe('findings that a scanner wrote', () => {
  it('are read of what osv-scanner calls SARIF, with all names', () => {
    const bytes = recorded('osv-scanner.sarif.json');
    expect(read(bytes, SARIF).unread).toEqual([]);
    expect(lines(bytes, SARIF)).toEqual([
      'CVE-2021-33503 Unknown - urllib3 1.26.4 -',
      'CVE-2023-43804 Unknown - urllib3 1.26.4 -',
      'CVE-2023-45803 Unknown - urllib3 1.26.4 -',
    ]);
    expect(read(bytes, SARIF).findings[0]?.aliases).toEqual(['GHSA-q2q7-5pp4-w6pg', 'PYSEC-2021-108']);
  });

  it('are read of what Trivy calls SARIF, and of its CycloneDX, in which no severity is unknown severity', () => {
    expect(read(recorded('trivy.sarif.json'), SARIF).unread).toEqual([]);
    expect(lines(recorded('trivy.sarif.json'), SARIF).slice(0, 2)).toEqual([
      'CVE-2021-38561 High 8 golang.org/x/text v0.3.6 0.3.7',
      'CVE-2022-32149 High 8 golang.org/x/text v0.3.6 0.3.8',
    ]);
    expect(read(recorded('trivy.cdx.json'), CYCLONEDX).unread).toEqual([]);
    expect(lines(recorded('trivy.cdx.json'), CYCLONEDX).slice(0, 2)).toEqual([
      'CVE-2021-38561 Unknown - pkg:golang/golang.org/x/text@v0.3.6 0.3.7',
      'CVE-2022-32149 Unknown - pkg:golang/golang.org/x/text@v0.3.6 0.3.8',
    ]);
  });

  it('in a form of its own are named as not read', () => {
    const predicate = JSON.parse(recorded('trivy.cosign-vuln.json').toString()) as object;
    const bytes = Buffer.from(JSON.stringify({ predicate }));
    expect(findingsIn({ kind: 'document', bytes, predicateType: VULN }, 'x')).toEqual({
      kind: 'broken',
      why: 'is neither CycloneDX with vulnerabilities nor SARIF',
    });
    const sarif = JSON.parse(recorded('trivy.sarif.json').toString()) as object;
    const wrapped = Buffer.from(JSON.stringify({ predicate: { scanner: { result: sarif } } }));
    expect(findingsIn({ kind: 'document', bytes: wrapped, predicateType: VULN }, 'x').kind).toBe('findings');
  });

  it('are read of SARIF as Grype writes it: a rule for each package, told in words', () => {
    const help = 'Vulnerability CVE-1\nSeverity: low\nPackage: left\nVersion: 1.1.1\nFix Version: 1.2.0\nType: npm';
    const rules = [{ id: 'CVE-1-left', help: { text: help }, properties: { 'security-severity': '4.0' } }];
    const sarif = (text: string) => ({
      version: '2.1.0',
      runs: [{ tool: { driver: { rules } }, results: [{ ruleId: 'CVE-1-left', message: { text } }] }],
    });
    const words = 'A low vulnerability in npm package: left, version 1.1.0 was found at: /app/package.json';
    expect(lines(sarif(words), SARIF)).toEqual(['CVE-1 Medium 4 left 1.1.0 1.2.0']);
    expect(
      lines(sarif('The path x/y reports left at version 1.1.2  which is a vulnerable (npm) package'), SARIF),
    ).toEqual(['CVE-1 Medium 4 left 1.1.2 1.2.0']);
    expect(lines(sarif('so it is'), SARIF)).toEqual(['CVE-1 Medium 4 left 1.1.1 1.2.0']);
  });

  it('take the package from where a package URL stands', () => {
    const logical = [{ logicalLocations: [{ fullyQualifiedName: 'pkg:npm/left@1.0.0' }] }];
    const runs = (result: object) => ({ version: '2.1.0', runs: [{ results: [{ ruleId: 'CVE-1', ...result }] }] });
    expect(lines(runs({ locations: logical, level: 'error' }), SARIF)).toEqual(['CVE-1 High - pkg:npm/left@1.0.0 -']);
    expect(lines(runs({ properties: { purls: ['pkg:npm/left@1.0.0', 'pkg:npm/right@1.0.0'] } }), SARIF)).toEqual([
      'CVE-1 Unknown - pkg:npm/left@1.0.0 -',
      'CVE-1 Unknown - pkg:npm/right@1.0.0 -',
    ]);
    const elsewhere = { id: 'CVE-1', affects: [{ ref: 'urn:cdx:3e671687/1#pkg%3Anpm%2Fleft%401.0.0' }] };
    expect(lines({ bomFormat: 'CycloneDX', vulnerabilities: [elsewhere] }, CYCLONEDX)).toEqual([
      'CVE-1 Unknown - pkg:npm/left@1.0.0 -',
    ]);
  });

  it('have the worst of several ratings, and leave out what an analysis says is not there', () => {
    const affects = [{ ref: 'pkg:npm/left@1.0.0' }];
    const of = (...ratings: readonly object[]) => ({
      bomFormat: 'CycloneDX',
      vulnerabilities: [{ id: 'X', affects, ratings }],
    });
    const left = 'pkg:npm/left@1.0.0 -';
    expect(lines(of({ severity: 'low' }, { severity: 'high', score: 8.1 }), CYCLONEDX)).toEqual([`X High 8.1 ${left}`]);
    const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
    expect(lines(of({ method: 'CVSSv31', vector }), CYCLONEDX)).toEqual([`X Critical 9.8 ${left}`]);
    expect(lines(of({ severity: 'info' }), CYCLONEDX)).toEqual([`X Low - ${left}`]);
    expect(lines(of({ method: 'OWASP', score: 40, severity: 'medium' }), CYCLONEDX)).toEqual([`X Medium - ${left}`]);
    const analysed = { id: 'X', affects, analysis: { state: 'not_affected' } };
    expect(lines({ bomFormat: 'CycloneDX', vulnerabilities: [analysed] }, CYCLONEDX)).toEqual([]);
  });
});

const cdx = (...vulnerabilities: readonly unknown[]) => ({ bomFormat: 'CycloneDX', vulnerabilities });
const sarif = (result: object, rule: object = {}) => ({
  version: '2.1.0',
  runs: [{ tool: { driver: { rules: [{ id: 'CVE-1', ...rule }] } }, results: [{ ruleId: 'CVE-1', ...result }] }],
});
const affects = [{ ref: 'pkg:npm/left@1.0.0' }];
const text = "Package 'left@1.0.0' is vulnerable to 'CVE-1'.";

describe('a document of findings in which something cannot be read', () => {
  it.each<[string, object, string, RegExp, number]>([
    ['has no id', cdx({ affects }), CYCLONEDX, /^vulnerabilities\[0\] has no id$/, 0],
    ['has the id that is ours alone', cdx({ id: 'UnreadableVersion', affects }), CYCLONEDX, /has no id$/, 0],
    ['names no package', cdx({ id: 'X' }), CYCLONEDX, /names no package that has "X"$/, 0],
    [
      'names a component that is not there',
      cdx({ id: 'X', affects: [{ ref: 'a' }] }),
      CYCLONEDX,
      /is of "a", which/,
      0,
    ],
    ['has a score that is NaN', cdx({ id: 'X', affects, ratings: [{ score: 'NaN' }] }), CYCLONEDX, /score "NaN"/, 1],
    ['has a score beyond ten', cdx({ id: 'X', affects, ratings: [{ score: 11 }] }), CYCLONEDX, /the score 11, /, 1],
    ['has no score', cdx({ id: 'X', affects, ratings: [{ score: null }] }), CYCLONEDX, /the score null, /, 1],
    ['has a severity of its own', cdx({ id: 'X', affects, ratings: [{ severity: 'bad' }] }), CYCLONEDX, /"bad"/, 1],
    ['has a vector that is none', cdx({ id: 'X', affects, ratings: [{ vector: 'AV:X' }] }), CYCLONEDX, /"AV:X"/, 1],
    ['has something else in the list', cdx(7), CYCLONEDX, /\[0\] is not an object$/, 0],
    ['has no list', { bomFormat: 'CycloneDX', vulnerabilities: {} }, CYCLONEDX, /is not a list$/, 0],
    ['has a name that is too long', cdx({ id: 'X'.repeat(600), affects }), CYCLONEDX, /more than 512 characters/, 0],
    [
      'names no package in SARIF',
      sarif({ message: { text: 'a secret' } }),
      SARIF,
      /names no package that has "CVE-1"/,
      0,
    ],
    ['has no id in SARIF', sarif({ ruleId: '', message: { text } }), SARIF, /results\[0\] has no id$/, 0],
    [
      'has a level that SARIF does not know',
      sarif({ level: 'fatal', message: { text } }),
      SARIF,
      /the level "fatal"/,
      1,
    ],
    [
      'has a score in SARIF that is NaN',
      sarif({ message: { text } }, { properties: { 'security-severity': 'NaN' } }),
      SARIF,
      /the score "NaN"/,
      1,
    ],
    ['is SARIF of another version', { version: '2.0.0', runs: [] }, SARIF, /is "2.0.0": SARIF 2.1.0/, 0],
    [
      'is of a scan that did not get to its end',
      { version: '2.1.0', runs: [{ invocations: [{ executionSuccessful: false }], results: [] }] },
      SARIF,
      /says that the scan did not succeed/,
      0,
    ],
  ])(
    '%s: that is named, and what is a finding all the same is not known to be harmless',
    (_what, document, type, says, found) => {
      const { findings, unread } = read(document, type);
      expect(unread.map(({ what, why }) => `${what} ${why}`)).toEqual([expect.stringMatching(says)]);
      expect(findings.map(({ severity }) => severity)).toEqual(Array(found).fill('Unknown'));
    },
  );

  it.each<[string, Buffer, string, RegExp]>([
    ['is cut off', Buffer.from('{"version": "2.1.0", "runs": [{'), SARIF, /JSON/],
    ['nests too deep', Buffer.from(`${'['.repeat(300)}${']'.repeat(300)}`), SARIF, /nests more than 200/],
    ['is something else', Buffer.from('{}'), SARIF, /is neither CycloneDX with vulnerabilities nor SARIF/],
    ['is too large', Buffer.alloc(MAX_FINDINGS_BYTES + 1, ' '), SARIF, /is larger than the 33554432 bytes/],
  ])('that %s as a whole has none', (_what, bytes, type, says) => {
    const looked = findingsIn({ kind: 'document', bytes }, type);
    expect(looked).toMatchObject({ kind: 'broken', why: expect.stringMatching(says) as string });
  });

  it('is no crash, whatever stands in it', () => {
    const json = fc.json({ maxDepth: 6 }).map((value) => JSON.parse(value) as unknown);
    const anything = fc.oneof(
      json,
      json.map((vulnerabilities) => ({ bomFormat: 'CycloneDX', vulnerabilities })),
      json.map((value) => cdx({ id: 'X', affects: value, ratings: value, references: value })),
      json.map((runs) => ({ version: '2.1.0', runs })),
      json.map((value) =>
        sarif({ message: value, locations: value, level: value, properties: value }, { help: value }),
      ),
    );
    fc.assert(
      fc.property(anything, fc.constantFrom(CYCLONEDX, SARIF), (document, type) => {
        const bytes = Buffer.from(JSON.stringify(document));
        expect(['none', 'broken', 'findings']).toContain(findingsIn({ kind: 'document', bytes }, type).kind);
      }),
    );
  });

  it('with more findings than are read says so', () => {
    const many = cdx(...Array.from({ length: 20_002 }, (_, at) => ({ id: `X-${at}`, affects })));
    const { findings, unread } = read(many, CYCLONEDX);
    expect([findings.length, unread]).toEqual([20_000, [{ what: 'the rest', why: 'is beyond 20000 findings' }]]);
  });
});

it('a finding that names its package in words is of the package of the inventory that is called so', () => {
  const [finding] = read(
    sarif({ message: { text: "Package 'Left_Pad@v1.0.0' is vulnerable to 'X'." } }),
    SARIF,
  ).findings;
  const npm = { name: 'left-pad', version: '1.0.0', purl: 'pkg:npm/left-pad@1.0.0', ecosystem: 'npm' };
  if (finding === undefined) throw new Error('there is no finding');
  expect(placedFindings([{ finding, signedBy: ['a'] }], [npm])).toEqual([
    { finding: { ...finding, package: npm }, signedBy: ['a'] },
  ]);
  expect(placedFindings([{ finding, signedBy: ['a'] }], [])).toEqual([{ finding, signedBy: ['a'] }]);
});
