import { resourcePath } from '@cartographer/kube';
import { type KubeObject, type WireRequest } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import {
  createScanStage,
  digestFor,
  imageScan,
  npmAdvisory,
  npmBill,
  policy,
  type ScanStage,
  scannerWrites,
  source,
} from './testing/scan-stage.ts';

const isWrite = ({ method }: WireRequest): boolean => method !== 'GET';
const EVENTS = { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true } as const;

/** Four scans that passed, two of which carry `left`. */
async function settled(): Promise<ScanStage> {
  const stage = await createScanStage();
  await stage.apply(policy() + source('folder', stage.folder));
  for (const number of [1, 2, 3, 4]) {
    stage.bills.set(digestFor(number), npmBill([number % 2 === 0 ? 'left' : 'right', '1.0.0']));
    await stage.apply(imageScan(`app-${number}`, number));
  }
  await stage.advisory('other.json', npmAdvisory('GHSA-0000-0000-0009', 'other'));
  await stage.restart();
  return stage;
}

/** The scans' verdicts and all events, without times and uids. */
async function picture(stage: ScanStage): Promise<object> {
  const response = await stage.client.raw({ method: 'GET', path: resourcePath(EVENTS, {}) });
  const { items } = response.body as unknown as { readonly items: readonly KubeObject[] };
  const events = items.map(
    ({ involvedObject, reason, message }) =>
      `${(involvedObject as { name: string }).name} ${JSON.stringify([reason, message])}`,
  );
  const scans = await Promise.all(
    [1, 2, 3, 4].map(async (number) => {
      const { verdict, compliantArtifact, findings, message } = await stage.status(`app-${number}`);
      return {
        verdict,
        isCompliant: compliantArtifact !== undefined,
        findings: findings?.map(({ id }) => id),
        message,
      };
    }),
  );
  const { revision, advisories, conditions } = (await stage.get('ClusterVulnerabilitySource', 'folder'))['status'] as {
    revision: string;
    advisories: number;
    conditions: readonly { type: string; status: string }[];
  };
  return {
    events: events.toSorted(),
    scans,
    source: { revision, advisories, said: conditions.map(({ type, status }) => `${type} ${status}`) },
  };
}

const dropIn = (stage: ScanStage): Promise<void> =>
  stage.advisory('left.json', npmAdvisory('GHSA-0000-0000-0002', 'left'));

async function uninterrupted(): Promise<{ readonly writes: number; readonly end: object }> {
  await using stage = await settled();
  const before = stage.faults.requests.length;
  await dropIn(stage);
  await stage.interval();
  return { writes: stage.faults.requests.slice(before).filter(isWrite).length, end: await picture(stage) };
}

describe('a new advisory', () => {
  it('is told once, and changes each scan once, whichever write was the last before a crash', async () => {
    const { writes, end } = await uninterrupted();
    expect(writes).toBe(5);
    for (let survived = 0; survived <= writes; survived += 1) {
      await using stage = await settled();
      const heal = stage.faults.inject({ when: isWrite, after: survived, times: Infinity, fault: { kind: 'reset' } });
      await dropIn(stage);
      await stage.clock.advance(600_000);
      await stage.crash();
      heal();
      await stage.restart();
      await stage.interval();
      expect(await picture(stage), `after ${survived} writes`).toEqual(end);
      const since = stage.audit.length;
      await stage.restart();
      await stage.interval();
      expect(scannerWrites(stage, since), `after ${survived} writes`).toEqual({});
    }
  });

  it('is told once, and changes each scan once, whichever write was done but never answered', async () => {
    const { writes, end } = await uninterrupted();
    for (let lost = 0; lost < writes; lost += 1) {
      await using stage = await settled();
      stage.faults.inject({ when: isWrite, after: lost, fault: { kind: 'applied-but', hear: 'reset' } });
      await dropIn(stage);
      await stage.interval();
      await stage.interval();
      expect(stage.faults.hits).toBe(1);
      expect(await picture(stage), `write ${lost} lost`).toEqual(end);
    }
  });
});
