import type { Json, KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { durationOf, heldSpec, holderOf, leaseSpecOf, releasedSpec } from './lease.ts';

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const NOW = '2026-01-02T03:04:05.000000Z';
const BEFORE = '2026-01-01T00:00:00.000000Z';

const leaseWith = (spec: Json | undefined): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { namespace: 'default', name: 'leader' },
  spec,
});
const held = { holderIdentity: 'one', leaseDurationSeconds: 15, acquireTime: BEFORE, renewTime: BEFORE };

describe('the record of a lease', () => {
  it.each([
    ['a record', leaseWith(held), held, 'one'],
    ['no lease', undefined, {}, undefined],
    ['no spec', leaseWith(undefined), {}, undefined],
    ['a spec that is null', leaseWith(null), {}, undefined],
    ['a spec that is a text', leaseWith('x'), {}, undefined],
    ['a released one', leaseWith({ holderIdentity: '' }), { holderIdentity: '' }, undefined],
  ])('is read from %s', (_what, lease, spec, holder) => {
    expect([leaseSpecOf(lease), holderOf(lease)]).toEqual([spec, holder]);
  });

  it.each([
    [15, 15_000],
    [1, 1_000],
    [0, 7_000],
    [-1, 7_000],
    ['15', 7_000],
    [undefined, 7_000],
  ])('with a duration of %s is good for %d ms', (leaseDurationSeconds, expectedMs) => {
    expect(durationOf(leaseWith({ leaseDurationSeconds }), 7_000)).toBe(expectedMs);
  });

  it.each<[string, KubeObject | undefined, object]>([
    ['a first one', undefined, { acquireTime: NOW, leaseTransitions: 0 }],
    [
      'a renewal',
      leaseWith({ ...held, holderIdentity: 'me', leaseTransitions: 4 }),
      { acquireTime: BEFORE, leaseTransitions: 4 },
    ],
    ['a renewal of one without times', leaseWith({ holderIdentity: 'me' }), { acquireTime: NOW, leaseTransitions: 0 }],
    ['a take-over', leaseWith({ ...held, leaseTransitions: 4 }), { acquireTime: NOW, leaseTransitions: 5 }],
    ['a take-over of one that counts nothing', leaseWith(held), { acquireTime: NOW, leaseTransitions: 1 }],
    [
      'one that was released',
      leaseWith({ holderIdentity: '', acquireTime: BEFORE, leaseTransitions: 2 }),
      { acquireTime: NOW, leaseTransitions: 3 },
    ],
  ])('of %s counts who held it and since when', (_what, lease, expected) => {
    const always = { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: NOW };
    expect(heldSpec(lease, 'me', 15_000, NOW_MS)).toEqual({ ...always, ...expected });
  });

  it.each([
    [15_000, 15],
    [1_999, 1],
    [300, 1],
  ])('says whole seconds, one at least: %d ms', (leaseMs, seconds) => {
    expect(heldSpec(undefined, 'me', leaseMs, NOW_MS).leaseDurationSeconds).toBe(seconds);
  });

  it('of a release names nobody, lets nobody wait, and goes on counting', () => {
    const released = { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: NOW, renewTime: NOW };
    expect(releasedSpec(leaseWith({ ...held, leaseTransitions: 6 }), NOW_MS)).toEqual({
      ...released,
      leaseTransitions: 6,
    });
    expect(releasedSpec(leaseWith(held), NOW_MS)).toEqual({ ...released, leaseTransitions: 0 });
  });
});
