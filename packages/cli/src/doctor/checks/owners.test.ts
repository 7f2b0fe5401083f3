import { rfc3339 } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import type { OwnerFacts } from '../owners.ts';
import { checkOwners } from './owners.ts';

const clock = createFakeClock();
const ago = (ms: number): string => rfc3339(clock.now() - ms);
const facts = (index: number, more: Partial<OwnerFacts>): OwnerFacts => ({
  kind: 'Workload',
  namespace: `team-${index % 50}`,
  name: `app-${index}`,
  createdAt: ago(3_600_000),
  state: 'ready',
  reason: '',
  message: '',
  since: ago(3_600_000),
  move: 'nobody',
  next: undefined,
  step: '',
  blueprint: { kind: 'ClusterSupplyChain', name: 'web' },
  runTemplate: '',
  account: { namespace: 'default', name: 'default' },
  stamped: [],
  ...more,
});
const many = (count: number, more: Partial<OwnerFacts>): readonly OwnerFacts[] =>
  Array.from({ length: count }, (_, index) => facts(index, more));
const check = (owners: readonly OwnerFacts[]) => checkOwners({ clock }, { owners, notLooked: [] });

const failed = { state: 'failed', move: 'platform', next: 'do this' } as const;

describe('owners that are not ready', () => {
  it('are told by cause, the most frequent first, of thousands', () => {
    const report = check([
      ...many(40, { ...failed, reason: 'Rare' }),
      ...many(2_000, {}),
      ...many(960, { ...failed, reason: 'Common', step: 'build', message: 'no' }),
    ]);
    expect(report.says).toBe('2000 of 3000 ready');
    expect(report.findings.map(({ message, move, next }) => [message, move, next])).toEqual([
      [
        '960 Workloads failed at step build of web: Common: no (team-0/app-0, team-1/app-1, team-2/app-2 and 957 more)',
        'platform',
        'do this (carto explain app-0 -n team-0)',
      ],
      [expect.stringMatching(/^40 Workloads failed at web: Rare/), 'platform', expect.any(String)],
    ]);
  });

  it('of very many causes the rest is told in one', () => {
    const { findings } = check(
      Array.from({ length: 25 }, (_, index) => facts(index, { ...failed, reason: `R${index}` })),
    );
    expect(findings).toHaveLength(21);
    expect(findings.at(-1)?.message).toMatch(/^5 more by other causes: /);
  });

  it.each<[string, Partial<OwnerFacts>, number]>([
    ['at work since a minute ago are left alone', { state: 'running', reason: 'X', since: ago(60_000) }, 0],
    ['at work for an hour are told', { state: 'running', reason: 'X' }, 1],
    [
      'waiting for a person are told at once',
      { state: 'waiting', reason: 'AwaitingApproval', move: 'developer', since: ago(1_000) },
      1,
    ],
    ['not looked at are told', { state: 'waiting', message: 'not looked at yet' }, 1],
    [
      'made just now, and not looked at, are left alone',
      { state: 'waiting', message: 'not looked at yet', createdAt: ago(5_000) },
      0,
    ],
    ['skipped are left alone', { state: 'skipped' }, 0],
  ])('that are %s', (_what, more, findings) => {
    expect(check(many(3, more)).findings).toHaveLength(findings);
  });
});
