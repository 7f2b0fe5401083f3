import { systemClock } from '@cartographer/kube';
import type { TestCluster } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { until } from '../../carto-process.ts';
import { startAdmission } from './admission.ts';
import type { MakeStage } from './crash-faults.ts';

const STORM_MS = 3_000;
/** A refusal is tried again within this time at the latest. */
const HEALED_MS = 60_000;
const SLOW = 120_000;
/** A new webhook is known to the server a moment after it was registered. */
const KNOWN_MS = 1_500;

/** Fault F13: webhooks that reject, hang, time out, and change what they are shown. */
export function admissionFaults(stageOf: MakeStage, clusterOf: () => TestCluster): void {
  it.each([400, 403, 422])(
    'F13: a webhook that rejects with %i, whose words the workload repeats, until it relents',
    async (code) => {
      const cluster = clusterOf();
      await using stage = await stageOf(`f13-rejects-${code}`);
      await using admission = await startAdmission(cluster, stage.namespace);
      await systemClock.sleep(KNOWN_MS);
      admission.decide({ kind: 'deny', code, message: 'not on a Friday' });
      await stage.change('rejected');
      await stage.untilItSays('not on a Friday');
      const mark = await cluster.audit.mark();
      await systemClock.sleep(STORM_MS);
      const writes = await stage.writes(mark);
      expect(writes.length, writes.join('\n')).toBeLessThan(20);
      expect(await stage.data('app-last')).toEqual({ value: 'start' });
      admission.decide({ kind: 'allow' });
      const since = systemClock.now();
      await stage.converged('rejected');
      expect(systemClock.now() - since).toBeLessThan(HEALED_MS);
      await stage.expectNoDuplicates();
    },
    SLOW,
  );

  it('F13: a webhook that is slow, and one that times out, which the workload tells', async () => {
    await using stage = await stageOf('f13-slow');
    await using admission = await startAdmission(clusterOf(), stage.namespace);
    await systemClock.sleep(KNOWN_MS);
    admission.decide({ kind: 'allow', afterMs: 1_000 });
    await stage.change('slow');
    await stage.converged('slow');
    expect(admission.reviews).toBeGreaterThanOrEqual(3);
    admission.decide({ kind: 'allow', afterMs: 4_000 });
    await stage.change('never');
    await stage.untilItSays('failed calling webhook');
    admission.decide({ kind: 'allow' });
    await stage.converged('never');
    await stage.expectNoDuplicates();
  });

  it('F13: a webhook that changes what we apply, without a fight', async () => {
    const cluster = clusterOf();
    await using stage = await stageOf('f13-changes');
    await using admission = await startAdmission(cluster, stage.namespace, 'Mutating');
    await systemClock.sleep(KNOWN_MS);
    admission.decide({ kind: 'set', value: 'as policy has it' });
    await stage.change('as asked for');
    await until(
      'the chain goes on with it',
      async () => (await stage.data('app-last'))?.['value'] === 'as policy has it',
    );
    await stage.quiet();
    expect((await stage.ready())?.status).toBe('True');
    const writes = await stage.writes();
    // Two times the four writes of a change, and a dry run for each object at most.
    expect(writes.length, writes.join('\n')).toBeLessThanOrEqual(12);
    const mark = await cluster.audit.mark();
    await stage.start();
    await stage.quiet();
    const again = await stage.writes(mark);
    // What the server made of our fields is not known after a restart: one apply for each object finds out.
    expect(again.length, again.join('\n')).toBeLessThanOrEqual(3);
    await stage.expectNoDuplicates();
  });
}
