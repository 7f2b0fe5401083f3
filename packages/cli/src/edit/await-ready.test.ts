import { carto } from '@cartographer/api';
import { watches } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '../frame/exit-codes.ts';
import { type OwnerStage, startOwnerStage, stepStatus, workloadYaml } from '../look/testing/owner-stage.ts';

let stage: OwnerStage;
beforeEach(async () => {
  stage = await startOwnerStage();
});
afterEach(() => stage.close());

const APPLY = ['workload', 'apply', 'shop', '--image', 'a/new', '--yes'];
const watching = (): Promise<void> => stage.clock.advanceUntil(() => stage.transport.requests.some(watches));

describe('--wait', () => {
  it('counts ready only as it was written, and tells of each step', async () => {
    await stage.apply(workloadYaml('shop'));
    await stage.says('shop', { ready: 'True' });
    const { ended } = stage.begin([...APPLY, '--wait']);
    await watching();
    await stage.says('shop', { ready: 'Unknown', resources: [stepStatus('image', 'Unknown', { message: 'builds' })] });
    await stage.clock.settle();
    await stage.says('shop', { ready: 'True', resources: [stepStatus('image', 'True')] });
    const { exitCode, written, told } = await ended();
    expect(exitCode, told()).toBe(EXIT.done);
    expect(written()).toContain('updated workload team/shop\nworkload team/shop is ready\nnext: ');
    expect(told()).toMatch(/running {2}image {2}builds\n.*ready/s);
    const { metadata } = await stage.client.get(carto.kinds.Workload, { namespace: 'team', name: 'shop' });
    expect(metadata.generation).toBe(2);
  });

  it('ends with 5 after its time, and what was written stays', async () => {
    const { ended } = stage.begin([...APPLY, '--wait', '--wait-timeout', '30s', '-o', 'name']);
    await watching();
    await stage.clock.advance(30_000);
    const { exitCode, written, told } = await ended();
    expect([exitCode, written()]).toEqual([EXIT.timedOut, 'workload.carto.run/shop\n']);
    expect(told()).toContain('workload team/shop is not ready after 30s');
  });

  it('ends with 130 on Ctrl-C', async () => {
    const { ended, interrupt } = stage.begin([...APPLY, '--wait']);
    await watching();
    interrupt.abort();
    expect((await ended()).exitCode).toBe(EXIT.interrupted);
  });
});

describe('--tail', () => {
  it('waits, and ends its logs when all is ready', async () => {
    const { ended } = stage.begin([...APPLY, '--tail']);
    await watching();
    await stage.says('shop', { ready: 'True' });
    const { exitCode, written, told } = await ended();
    expect(exitCode, told()).toBe(EXIT.done);
    expect(written()).toContain('workload team/shop is ready\n');
  });
});
