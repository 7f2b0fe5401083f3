import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { BillPackage } from '@cartographer/bills';
import { describe, expect, it } from 'vitest';
import type { Advisory } from '../advisories/advisory.ts';
import { AdvisoryIndex } from '../advisories/advisory-index.ts';
import { readAdvisory } from '../advisories/read-advisory.ts';
import { UNREADABLE_VERSION } from './finding.ts';
import { findings } from './findings.ts';

const FOLDER = join(import.meta.dirname, '../../testdata/agreement');
const text = (file: string): string => gunzipSync(readFileSync(join(FOLDER, file))).toString();

/** Of the findings with a fix every so many are matched once more at it. */
const EVERY = 50;

type Scan = {
  readonly ecosystem: string;
  readonly bill: string;
  /** Pairs of package and record that both find, and those that the scanner does not, by the reason why. */
  readonly same: number;
  readonly ours: Readonly<Partial<Record<Reason, number>>>;
  readonly unreadable: readonly string[];
};

/** Why the scanner has no word of a record that speaks of a package. Judged in docs/scan-agreement.md. */
type Reason = 'alias of one that it reports' | 'name with capitals' | 'range behind one of commits' | 'unexplained';

const SCANS: readonly Scan[] = [
  { ecosystem: 'Go', bill: 'golang', same: 8_415, ours: { 'name with capitals': 94 }, unreadable: [] },
  {
    ecosystem: 'PyPI',
    bill: 'pypi',
    same: 6_931,
    ours: { 'range behind one of commits': 1_402, 'alias of one that it reports': 4 },
    unreadable: ['steam@2019-09-12'],
  },
  { ecosystem: 'crates.io', bill: 'cargo', same: 1_171, ours: { 'alias of one that it reports': 7 }, unreadable: [] },
];

describe.each(SCANS)('the findings in 700 packages of $ecosystem', ({ ecosystem, bill, same, ours, unreadable }) => {
  const records = new Map<string, Advisory>();
  const index = new AdvisoryIndex();
  for (const line of text(`${ecosystem}.jsonl.gz`).trimEnd().split('\n')) {
    const read = readAdvisory(line);
    if ('why' in read) throw new Error(read.why);
    records.set(read.advisory.id, read.advisory);
    index.add(read.advisory);
  }
  const { components } = JSON.parse(text(`${bill}.cdx.json.gz`)) as { components: readonly BillPackage[] };
  const packages = components.map((component) => ({ ...component, ecosystem }));
  const theirs = JSON.parse(text(`${bill}.findings.json.gz`)) as Readonly<Record<string, readonly string[]>>;
  const found = findings(packages, index).findings;
  const readable = found.filter(({ id }) => id !== UNREADABLE_VERSION);

  const reasonOf = (name: string, version: string, id: string): Reason => {
    const record = records.get(id);
    const reported = theirs[`${name}@${version}`] ?? [];
    if (record?.aliases.some((alias) => reported.some((other) => records.get(other)?.aliases.includes(alias)))) {
      return 'alias of one that it reports';
    }
    if (ecosystem === 'Go' && name !== name.toLowerCase()) return 'name with capitals';
    const isBehind = record?.affected.every(
      ({ ranges, versions }) => ranges[0]?.type === 'GIT' && !versions.includes(version),
    );
    return isBehind === true ? 'range behind one of commits' : 'unexplained';
  };

  it('are all that osv-scanner finds, and the records that it leaves out are told by the reason', () => {
    const pairs = new Set(
      readable.flatMap(({ package: { name, version }, records: ids }) => ids.map((id) => `${name}@${version} ${id}`)),
    );
    const expected = new Set(Object.entries(theirs).flatMap(([key, ids]) => ids.map((id) => `${key} ${id}`)));
    expect([...expected.difference(pairs)]).toEqual([]);
    expect(pairs.intersection(expected).size).toBe(same);
    const reasons: Partial<Record<Reason, number>> = {};
    for (const pair of pairs.difference(expected)) {
      const [, name = '', version = '', id = ''] = /^(.*)@(\S+) (\S+)$/.exec(pair) ?? [];
      const reason = reasonOf(name, version, id);
      reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
    expect(reasons).toEqual(ours);
  });

  it('name what has a version that is none', () => {
    const names = found
      .filter(({ id }) => id === UNREADABLE_VERSION)
      .map(({ package: { name, version } }) => `${name}@${version}`);
    expect(names).toEqual(unreadable);
  });

  it('are over at the version that they name as the fix', () => {
    const fixed = readable.flatMap((finding) =>
      finding.fixedIn === undefined ? [] : [{ ...finding, fixedIn: finding.fixedIn }],
    );
    const some = fixed.filter((_finding, at) => at % EVERY === 0);
    const wrong = some.filter(({ package: { name }, fixedIn, records: ids }) =>
      findings([{ name, version: fixedIn, purl: '', ecosystem }], index).findings.some((other) =>
        other.records.some((id) => ids.includes(id)),
      ),
    );
    expect(wrong.map(({ id, package: { name }, fixedIn }) => `${id} ${name} ${fixedIn}`)).toEqual([]);
  });
});
