import { describe, expect, it } from 'vitest';
import type { Advisory, SeverityScore } from '../advisories/advisory.ts';
import { databaseRating, ratingOf, worst } from './severity.ts';

function record(severity: readonly SeverityScore[], databaseSeverity?: string): Advisory {
  return { id: 'X', aliases: [], upstream: [], summary: '', severity, affected: [], databaseSeverity };
}

const v2 = { type: 'CVSS_V2', score: 'AV:N/AC:L/Au:N/C:C/I:C/A:C' };
const v3 = { type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H' };
const v4 = { type: 'CVSS_V4', score: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N' };

describe('the severity of a record', () => {
  it.each<[string, SeverityScore, string | undefined, number | undefined]>([
    ['CVSS 2', v2, 'High', 10],
    ['CVSS 3.1', v3, 'High', 7.5],
    ['CVSS 3.0', { ...v3, score: 'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }, 'Critical', 9.8],
    ['CVSS 3, medium', { ...v3, score: 'CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N' }, 'Medium', 4.8],
    ['CVSS 3, low', { ...v3, score: 'CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N' }, 'Low', 1.6],
    ['CVSS 3 without impact', { ...v3, score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N' }, 'Low', 0],
    ['CVSS 3 with known exploits', { ...v3, score: `${v3.score}/E:U` }, 'High', 7.5],
    ['CVSS 4', v4, 'Critical', 9.3],
    ['CVSS 4 with known exploits', { ...v4, score: `${v4.score}/E:U` }, 'Critical', 9.3],
    ['a word of Ubuntu', { type: 'Ubuntu', score: 'negligible' }, 'Low', undefined],
    ['a word that says nothing', { type: 'Ubuntu', score: 'untriaged' }, undefined, undefined],
    ['a vector that is not whole', { ...v3, score: 'CVSS:3.1/AV:N' }, undefined, undefined],
    ['a vector of another version', { ...v3, score: v2.score }, undefined, undefined],
    ['an odd vector', { ...v3, score: 'CVSS:3.1/AV:Q/constructor:__proto__' }, undefined, undefined],
    ['an endless vector', { ...v3, score: v3.score + '/E:U'.repeat(200) }, undefined, undefined],
    ['a number', { ...v3, score: '9.8' }, undefined, undefined],
    ['an unknown type', { type: 'toString', score: 'high' }, undefined, undefined],
  ])('is read from %s', (_name, score, severity, points) => {
    expect(ratingOf(record([score]), [])).toEqual(
      severity === undefined ? undefined : { severity, ...(points !== undefined && { score: points }) },
    );
  });

  it('is that of the highest CVSS version, and the worst of several of one', () => {
    expect(ratingOf(record([v2, v3, v4]), [])?.score).toBe(9.3);
    expect(ratingOf(record([v2, v3]), [])?.score).toBe(7.5);
    const low = { ...v3, score: 'CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N' };
    expect(ratingOf(record([low, v3, { type: 'Ubuntu', score: 'low' }]), [])?.score).toBe(7.5);
  });

  it('is first that of the affected package', () => {
    const affected = { ecosystem: 'npm', name: 'a', versions: [], ranges: [], severity: [v2] };
    expect(ratingOf(record([v4]), [affected])?.score).toBe(10);
    expect(ratingOf(record([v4]), [{ ...affected, severity: [] }])?.score).toBe(9.3);
  });

  it.each([
    ['CRITICAL', 'Critical'],
    ['Important', 'High'],
    ['MODERATE', 'Medium'],
    ['low', 'Low'],
    ['constructor', undefined],
    ['', undefined],
  ])('that its database calls %s is %s', (text, severity) => {
    expect(databaseRating(record([], text))?.severity).toBe(severity);
  });
});

it('the worst of several has the worst severity, then the highest score', () => {
  expect(worst([])).toBeUndefined();
  expect(worst([{ severity: 'Low', score: 3 }, { severity: 'High' }, { severity: 'High', score: 8 }])).toEqual({
    severity: 'High',
    score: 8,
  });
});
