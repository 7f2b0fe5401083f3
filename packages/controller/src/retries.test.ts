import type { WireRequest } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { chain, createStage, type Stage, workload } from './testing/stage.ts';

const MINUTE_MS = 60_000;

/** A stage whose workload is settled. */
async function settledStage(): Promise<Stage> {
  const stage = await createStage();
  await stage.apply(`${chain('web')}---${workload('shop', 'web')}`);
  await stage.restart();
  await stage.settled();
  return stage;
}

const isApply = ({ method, path, query }: WireRequest): boolean =>
  method === 'PATCH' && path.endsWith('/shop-first') && query?.['dryRun'] === undefined;

/** Lets time pass, which stands still while the controller is at work. */
async function pass({ clock, reached }: Stage, ms: number, stepMs = 100): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await clock.advance(stepMs);
    await reached(() => false);
  }
}

it('tries a write that was refused with 429 again when the server said, and no sooner', async () => {
  await using stage = await settledStage();
  const times: number[] = [];
  const when = (request: WireRequest): boolean => isApply(request) && times.push(stage.clock.now()) > 0;
  stage.faults.inject({ when, times: 2, fault: { kind: 'status', code: 429, retryAfterSeconds: 3 } });
  await stage.apply(chain('web', 'two'));
  await pass(stage, 10_000);
  expect(times).toHaveLength(3);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(3_000);
  expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(3_000);
  expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
});

it('does not believe a server that asks for an hour', async () => {
  await using stage = await settledStage();
  stage.faults.inject({ when: isApply, fault: { kind: 'status', code: 429, retryAfterSeconds: 3_600 } });
  await stage.apply(chain('web', 'two'));
  await pass(stage, MINUTE_MS + 1_000);
  expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
});

it('gets through within a minute of the end of a fault, however long that lasted', async () => {
  await using stage = await settledStage();
  const heal = stage.faults.inject({ when: isApply, times: Infinity, fault: { kind: 'status', code: 500 } });
  await stage.apply(chain('web', 'two'));
  await pass(stage, 60 * MINUTE_MS, 2_000);
  const tries = stage.faults.requests.filter(isApply).length;
  expect(tries).toBeLessThan(100);
  heal();
  await pass(stage, MINUTE_MS, 2_000);
  expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
});

it('tries again what was forbidden, though no rights changed: a quota or another authorizer may have said so', async () => {
  await using stage = await settledStage();
  const heal = stage.faults.inject({ when: isApply, times: Infinity, fault: { kind: 'status', code: 403 } });
  const before = stage.faults.requests.length;
  await stage.apply(chain('web', 'two'));
  await pass(stage, 10 * MINUTE_MS, 2_000);
  expect(stage.faults.requests.slice(before).filter(isApply).length).toBeLessThanOrEqual(21);
  heal();
  await pass(stage, MINUTE_MS, 2_000);
  expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
});

describe('an object whose step is gone', () => {
  const isDelete = ({ method, path }: WireRequest): boolean => method === 'DELETE' && path.endsWith('/shop-second');
  const shorter = chain('web').replace(/\n {2}- name: second[^]*$/, '\n');

  it.each([
    { code: 503, withinMs: 1_000 },
    { code: 429, withinMs: 1_000 },
    { code: 401, withinMs: 1_000 },
    { code: 403, withinMs: MINUTE_MS },
    { code: 400, withinMs: 1_000 },
  ])('is deleted although the server answered $code at first', async ({ code, withinMs }) => {
    await using stage = await settledStage();
    stage.faults.inject({ when: isDelete, times: 2, fault: { kind: 'status', code } });
    await stage.apply(shorter);
    await pass(stage, withinMs * 2);
    expect(stage.faults.hits).toBe(2);
    expect(await stage.get('ConfigMap', 'shop-second')).toBeUndefined();
    expect(await stage.get('ConfigMap', 'shop-first')).toBeDefined();
  });

  it('is deleted although the connection broke', async () => {
    await using stage = await settledStage();
    stage.faults.inject({ when: isDelete, fault: { kind: 'reset' } });
    await stage.apply(shorter);
    await pass(stage, 1_000);
    expect(await stage.get('ConfigMap', 'shop-second')).toBeUndefined();
  });
});
