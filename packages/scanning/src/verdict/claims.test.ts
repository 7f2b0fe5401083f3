import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyId, trustedKeys } from '../inventory/attached/signatures.ts';
import { type AttachedFinding, withAttachedFindings } from '../match/attached-findings.ts';
import { type Finding, SEVERITIES } from '../match/finding.ts';
import type { AttachedFacts } from './facts.ts';
import { clusterExceptionOf, factsOf, findingOf, inventoryOf, NOW, policyOf } from './testing/stage.ts';
import { verdict } from './verdict.ts';

function newKey(): { readonly pem: string; readonly id: string } {
  const pem = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const [key] = trustedKeys('', [pem]).keys;
  return { pem, id: key === undefined ? '' : keyId(key) };
}
const [red, blue] = [newKey(), newKey()];

const deny = [{ severityAtLeast: 'High' }];
const believing = (name: string, key: { readonly pem: string }, more: object = {}) =>
  policyOf(name, { deny, findings: { trust: [key.pem] }, ...more });
const gate = believing('web-gate', red);

const attached = (id: string, changes: Parameters<typeof findingOf>[1] = {}, by = red): AttachedFinding => ({
  finding: findingOf(id, { records: [], ...changes }),
  signedBy: [by.id],
});

function judge(
  own: readonly Finding[],
  theirs: readonly AttachedFinding[],
  { policies = [gate], exceptions = [], ...more }: Asked = {},
) {
  const said: AttachedFacts = { heard: [red.id, blue.id], unread: [], ignored: [], ...more };
  const facts = factsOf({ inventory: inventoryOf({ attached: said }) });
  return verdict(withAttachedFindings(own, theirs), policies, exceptions, facts, NOW);
}
type Asked = Partial<AttachedFacts> & {
  readonly policies?: Parameters<typeof verdict>[1];
  readonly exceptions?: Parameters<typeof verdict>[2];
};

const shown = ({ findings }: ReturnType<typeof judge>) =>
  findings.map(({ outcome, finding: { id, aliases, severity } }) => [outcome, id, severity, ...aliases].join(' '));

describe('a finding that a scanner of the operator attached', () => {
  it('refuses by the same rules as one of ours', () => {
    expect(judge([], [attached('CVE-1')])).toMatchObject({ result: 'Refused', reason: 'PolicyViolation' });
    expect(judge([], [attached('CVE-1', { severity: 'Low' })])).toMatchObject({ result: 'Passed', counts: { low: 1 } });
    expect(judge([], [attached('CVE-1', { severity: 'Unknown' })]).result).toBe('Refused');
    const message = 'refused by ClusterScanPolicy web-gate: 1 High (CVE-1 in a 1.2.3, fixed in 1.2.4)';
    expect(judge([], [attached('CVE-1')]).message).toContain(message);
  });

  it('is one with ours by any name of it in the same package, whatever else the package URL says', () => {
    const own = findingOf('GHSA-1', { aliases: ['CVE-1'] });
    const same = attached('CVE-1', { aliases: ['X-1'], package: { purl: 'pkg:npm/a@1.2.3?vcs_url=x' } });
    expect(shown(judge([own], [same]))).toEqual(['refused GHSA-1 High CVE-1 X-1']);
    const elsewhere = attached('CVE-1', { package: { name: 'b' } });
    expect(judge([own], [elsewhere]).findings).toHaveLength(2);
  });

  it('that is worse than ours counts as that, and one that is milder changes nothing', () => {
    const own = findingOf('CVE-1', { severity: 'Medium' });
    expect(shown(judge([own], [attached('CVE-1', { severity: 'Critical' })]))).toEqual(['refused CVE-1 Critical']);
    const high = findingOf('CVE-1', { severity: 'High' });
    expect(shown(judge([high], [attached('CVE-1', { severity: 'Low' })]))).toEqual(['refused CVE-1 High']);
    // Ours is of a severity that nobody knows, which is High for this policy.
    const unknown = findingOf('CVE-1', { severity: 'Unknown' });
    expect(judge([unknown], [attached('CVE-1', { severity: 'Low' })]).result).toBe('Refused');
  });

  it('counts for the policies alone that name a key which signed it', () => {
    const only = (...policies: Parameters<typeof verdict>[1]) => judge([], [attached('CVE-1', {}, blue)], { policies });
    expect(only(gate).result).toBe('Passed');
    expect(only(gate, believing('other', blue)).message).toMatch(/^refused by ClusterScanPolicy other: 1 High/);
    expect(only(gate, policyOf('other', { deny })).result).toBe('Passed');
  });

  it('is excused as ours is, by any name of either, and not beyond what is excused', () => {
    const own = findingOf('GHSA-1', { aliases: ['CVE-1'] });
    const same = attached('CVE-1', { aliases: ['X-1'] });
    const excused = (id: string, theirs = [same]) =>
      judge([own], theirs, { exceptions: [clusterExceptionOf(id)] }).result;
    expect(excused('GHSA-1')).toBe('Passed');
    expect(excused('CVE-1')).toBe('Passed');
    // A name that only they give says nothing of ours.
    expect(excused('X-1')).toBe('Refused');
    expect(excused('X-2')).toBe('Refused');
    const package_ = 'pkg:npm/b';
    const other = judge([], [same], { exceptions: [clusterExceptionOf('CVE-1', { package: package_ })] });
    expect(other.result).toBe('Refused');
  });

  it('does not make one excuse of ours reach another of ours', () => {
    const own = [findingOf('GHSA-1'), findingOf('GHSA-2')];
    const bridge = attached('CVE-1', { aliases: ['GHSA-1', 'GHSA-2'], severity: 'Low' });
    expect(judge(own, [bridge], { exceptions: [clusterExceptionOf('GHSA-1')] })).toMatchObject({
      result: 'Refused',
      counts: { high: 1, excepted: 1 },
    });
  });
});

describe('findings that a policy asks for', () => {
  it.each<[string, Asked, RegExp]>([
    [
      'that nobody attached yet',
      { heard: [] },
      /no findings that a key of its findings\.trust signed are attached yet/,
    ],
    ['that somebody else signed', { heard: [blue.id] }, /are attached yet/],
    [
      'that cannot be read',
      { unread: [{ what: 'referrer 1', why: 'is not JSON', signedBy: [red.id] }] },
      /not all attached findings could be read: referrer 1 is not JSON/,
    ],
    [
      'that nobody could look at',
      { unread: [{ what: 'all', why: 'was not looked at yet' }] },
      /all was not looked at yet/,
    ],
  ])('%s close the gate, or are warned of where the policy says so', (_what, asked, says) => {
    expect(judge([], [], asked)).toMatchObject({ result: 'Refused', reason: 'PolicyViolation' });
    expect(judge([], [], asked).message).toMatch(says);
    const warning = believing('web-gate', red, { findings: { trust: [red.pem], onMissing: 'Warn' } });
    expect(judge([], [], { ...asked, policies: [warning] })).toMatchObject({ result: 'Warned' });
    expect(judge([], [], { ...asked, policies: [policyOf('web-gate', { deny })] })).toMatchObject({ result: 'Passed' });
  });

  it('are no concern of a policy that believes another key than theirs, nor of sources', () => {
    const unread = [{ what: 'referrer 1', why: 'is not JSON', signedBy: [blue.id] }];
    expect(judge([], [], { unread }).result).toBe('Passed');
    const facts = factsOf({ kind: 'SourceScan', inventory: inventoryOf({ from: ['files'] }) });
    expect(verdict([], [gate], [], facts, NOW).result).toBe('Passed');
  });

  it('that nobody even looked for are missing', () => {
    expect(verdict([], [gate], [], factsOf(), NOW).result).toBe('Refused');
  });
});

describe('whatever is attached', () => {
  const id = fc.constantFrom('CVE-1', 'CVE-2', 'GHSA-1', 'GHSA-2');
  const finding = fc
    .record({
      id,
      aliases: fc.uniqueArray(id, { maxLength: 2 }),
      severity: fc.constantFrom(...SEVERITIES),
      name: fc.constantFrom('a', 'b'),
      isFixed: fc.boolean(),
    })
    .map(({ id: lead, aliases, severity, name, isFixed }) => {
      const { fixedIn, ...rest } = findingOf(lead, { aliases, severity, package: { name } });
      return isFixed && fixedIn !== undefined ? { ...rest, fixedIn } : rest;
    });
  const theirs = fc.array(
    fc
      .tuple(finding, fc.constantFrom(red, blue))
      .map(([one, by]): AttachedFinding => ({ finding: one, signedBy: [by.id] })),
    { maxLength: 4 },
  );
  const own = fc.uniqueArray(finding, {
    maxLength: 4,
    selector: ({ id: lead, package: { name } }) => `${lead} ${name}`,
  });
  const rules = fc.constantFrom(
    [{ severityAtLeast: 'High', fixable: true }],
    [{ severityAtLeast: 'Medium', fixable: false }],
    [{ ids: ['CVE-1'] }, { severityAtLeast: 'Critical' }],
  );
  const exceptions = fc.uniqueArray(id, { maxLength: 2 }).map((ids) => ids.map((each) => clusterExceptionOf(each)));
  const worse = { Passed: 0, Warned: 1, Refused: 2, Unknown: 3 } as const;

  it('opens no gate, and takes no finding of ours away', () => {
    fc.assert(
      fc.property(own, theirs, rules, exceptions, (ours, said, denied, excused) => {
        const policies = [believing('web-gate', red, { deny: denied })];
        const [before, after] = [[], said].map((each) => judge(ours, each, { policies, exceptions: excused }));
        if (before === undefined || after === undefined) throw new Error('two are judged');
        expect(worse[after.result]).toBeGreaterThanOrEqual(worse[before.result]);
        const left = new Set(
          after.findings.map(({ finding: { id: lead, package: found } }) => `${lead} ${found.purl}`),
        );
        for (const { id: lead, package: found } of ours) expect(left).toContain(`${lead} ${found.purl}`);
      }),
    );
  });

  it('by a key that no policy names changes no outcome', () => {
    fc.assert(
      fc.property(own, theirs, rules, exceptions, (ours, said, denied, excused) => {
        const policies = [believing('web-gate', newKey(), { deny: denied, findings: { trust: [red.pem] } })];
        const foreign = said.map((each) => ({ ...each, signedBy: [blue.id] }));
        const [before, after] = [[], foreign].map((each) => judge(ours, each, { policies, exceptions: excused }));
        expect(after?.result).toBe(before?.result);
        expect(after?.message.replaceAll(/passed: .*/g, '')).toBe(before?.message.replaceAll(/passed: .*/g, ''));
      }),
    );
  });
});
