import { systemClock } from '@cartographer/kube';
import type { WireRequest } from '@cartographer/machinery';
import type { Fault } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { until } from '../../carto-process.ts';
import { CONFIG_MAPS } from '../carto.ts';
import type { MakeStage } from './crash-faults.ts';
import { type FaultStage, isStateWrite } from './stage.ts';

const STORM_MS = 3_000;
const RETRY_AFTER_SECONDS = 2;

type Answered = Extract<Fault, { kind: 'status' }>;

const CONFLICT: Answered = { kind: 'status', code: 409, reason: 'Conflict', message: 'the object has been modified' };
const UNAVAILABLE: Answered = { kind: 'status', code: 503, reason: 'ServiceUnavailable', message: 'apiserver is busy' };
const FAILED: Answered = { kind: 'status', code: 500, reason: 'InternalError', message: 'etcdserver: leader changed' };
const TOO_MANY: Answered = {
  kind: 'status',
  code: 429,
  reason: 'TooManyRequests',
  message: 'too many requests, please try again later',
  retryAfterSeconds: RETRY_AFTER_SECONDS,
};

/** Faults F5 to F7: requests that the server refuses, answers late, or does without saying so. */
export function requestFaults(stageOf: MakeStage): void {
  it.each([
    ['f5-conflicts', '409', CONFLICT],
    ['f6-unavailable', '503', UNAVAILABLE],
    ['f6-failed', '500', FAILED],
  ] as const)('%s: every write is refused with %s for a while, and no storm follows', async (name, _code, fault) => {
    await using stage = await stageOf(name);
    const before = stage.faults.requests.length;
    const heal = stage.faults.inject({ when: isStateWrite, times: Infinity, fault });
    await stage.change('refused');
    await systemClock.sleep(STORM_MS);
    // 5 ms, doubled with each failure, of an apply and the status that tells of it.
    expect(stage.faults.requests.slice(before).filter(isStateWrite).length).toBeLessThan(30);
    heal();
    await stage.converged('refused');
    await stage.expectNoDuplicates();
  });

  it('F6: applies that are refused with 429, each tried again when the server said, and no sooner', async () => {
    await using stage = await stageOf('f6-too-many');
    await expectToWait(stage, ({ method, path }) => method === 'PATCH' && path.endsWith('/app-first'));
  });

  it('F6: creates that are refused with 429, each tried again when the server said, and no sooner', async () => {
    await using stage = await stageOf('f6-too-many-runs');
    await expectToWait(stage, ({ method, path }) => method === 'POST' && path.endsWith('/configmaps'));
  });

  it('F6: a status that is refused with 429, tried again when the server said, and no sooner', async () => {
    await using stage = await stageOf('f6-too-many-statuses');
    await expectToWait(stage, ({ method, path }) => method === 'PATCH' && path.endsWith('/app/status'));
  });

  it('F6: a write that was done, whose caller hears a 504 or a broken connection, for every write', async () => {
    await using stage = await stageOf('f6-unsure');
    for (const hear of [504, 'reset'] as const) {
      for (let after = 0; after < 4; after += 1) {
        stage.faults.inject({ when: isStateWrite, after, fault: { kind: 'applied-but', hear } });
        const hits = stage.faults.hits;
        await stage.change(`${hear} at ${after}`);
        await stage.converged(`${hear} at ${after}`);
        expect(stage.faults.hits).toBe(hits + 1);
      }
    }
    await stage.expectNoDuplicates();
  });

  it('F7: a write that takes five seconds, while another workload goes on', async () => {
    await using stage = await stageOf('f7-slow-write');
    await stage.apply(`
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: other, namespace: f7-slow-write, labels: {test/chain: f7-slow-write}}
spec: {params: [{name: value, value: other}]}
`);
    stage.faults.inject({ when: ({ path }) => path.endsWith('/app-first'), fault: { kind: 'delay', ms: 5_000 } });
    await stage.change('slow');
    await until('the other workload is Ready', async () => (await stage.ready('other'))?.status === 'True');
    expect(await stage.data('app-last')).toEqual({ value: 'start' });
    await stage.converged('slow');
  });

  it('F5: another field manager that fights for a field, until the fight is stopped and named', async () => {
    await using stage = await stageOf('f5-rival');
    const fight = new AbortController();
    const rival = (async () => {
      while (!fight.signal.aborted) {
        const key = { name: 'app-first', namespace: stage.namespace };
        const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data: { value: 'rival' } };
        await stage.client.apply(CONFIG_MAPS, object, { fieldManager: 'rival', force: true });
        await systemClock.sleep(100);
      }
    })();
    await stage.untilItSays('field manager [rival]');
    await systemClock.sleep(STORM_MS);
    const applies = (await stage.writes()).filter((line) => line === 'patch configmaps/app-first 200');
    expect(applies.length).toBeLessThanOrEqual(12);
    fight.abort();
    await rival;
    // A change of what is wanted is no part of the fight.
    await stage.change('after the fight');
    await stage.converged('after the fight');
  });
}

/** Refuses three requests; the times between the tries are what the server asked for. */
async function expectToWait(stage: FaultStage, isMeant: (request: WireRequest) => boolean): Promise<void> {
  const times: number[] = [];
  const when = (request: WireRequest): boolean => {
    if (!isMeant(request)) return false;
    times.push(systemClock.now());
    return true;
  };
  stage.faults.inject({ when, times: 3, fault: TOO_MANY });
  await stage.change('in time');
  await stage.converged('in time');
  const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(waits).toHaveLength(3);
  // Timers may be a few milliseconds early.
  expect(Math.min(...waits)).toBeGreaterThan(RETRY_AFTER_SECONDS * 1_000 - 20);
  await stage.expectNoDuplicates();
}
