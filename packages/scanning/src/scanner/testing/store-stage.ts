import { type SqlDatabase, sqliteDatabase } from '@cartographer/store';
import { expect } from 'vitest';
import { type FailingDatabase, failingDatabase } from '../../portfolio/testing/failing-database.ts';
import type { ScanStatus } from '../../verdict/scan-status.ts';
import {
  createScanStage,
  digestFor,
  imageScan,
  npmAdvisory,
  npmBill,
  policy,
  type ScanStage,
  source,
} from './scan-stage.ts';

/** A stage with one scan that passed, and its store: the one that was opened last, and its file. */
export type StoreStage<D> = ScanStage & { readonly database: () => D; readonly file: () => string };

/** A {@link StoreStage}: the scan `app` passes by the policy and a source that is asked at this interval. */
export async function settledOn<D extends SqlDatabase>(
  make: (file: string) => D,
  interval = '10m',
  gate = policy(),
): Promise<StoreStage<D>> {
  let [opened, where]: [D | undefined, string] = [undefined, ''];
  const stage = await createScanStage({
    database: (file) => {
      where = file;
      opened = make(file);
      return opened;
    },
  });
  await stage.advisory('other.json', npmAdvisory('GHSA-0000-0000-0009', 'other'));
  stage.bills.set(digestFor(1), npmBill(['left', '1.0.0']));
  await stage.apply(
    gate + source('folder', stage.folder).replace('type:', `interval: ${interval}, type:`) + imageScan('app', 1),
  );
  await stage.restart();
  expect((await stage.status('app')).verdict?.result).toBe('Passed');
  const database = (): D => {
    if (opened === undefined) throw new Error('no scanner was started');
    return opened;
  };
  return Object.assign(stage, { database, file: () => where });
}

type Said = { readonly type: string; readonly status: string; readonly reason: string; readonly message?: string };

/** A condition as one line: type, status, reason, message. */
export function said({ conditions = [] }: { readonly conditions?: readonly Said[] }, type: string): string {
  const { status, reason, message = '' } = conditions.find((condition) => condition.type === type) ?? {};
  return `${type} ${status} ${reason} ${message}`.trim();
}

/** What the source says of how it was fetched. */
export async function fetched(stage: ScanStage): Promise<string> {
  return said((await stage.get('ClusterVulnerabilitySource', 'folder'))['status'] as ScanStatus, 'Fetched');
}

/** Lets a retry come, however often it failed before. */
export async function retried(stage: ScanStage): Promise<void> {
  await stage.clock.advance(1_200_000);
  await stage.settled();
}

/** A store that fails when a test wants it to. */
export const failing = (file: string): FailingDatabase => failingDatabase(sqliteDatabase(file));
