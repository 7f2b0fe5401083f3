import type { WireRequest, WireResponse } from '@cartographer/machinery';
import { lists } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { until } from '../../carto-process.ts';
import { type FaultStage, isStateWrite } from './stage.ts';

/** Makes the stage of one test, in a namespace of this name. */
export type MakeStage = (namespace: string) => Promise<FaultStage>;

/** Two objects, a run and the status: what one change writes. */
const WRITES = 4;

/** Faults F1 and F2: a controller that dies between two writes, and one that starts on lists from the past. */
export function crashFaults(stageOf: MakeStage): void {
  it('F1: a crash after the k-th write of a change, for every k', async () => {
    await using stage = await stageOf('f1-crash');
    for (let survived = 0; survived < WRITES; survived += 1) {
      const hits = stage.faults.hits;
      const heal = stage.faults.inject({
        when: isStateWrite,
        after: survived,
        times: Infinity,
        fault: { kind: 'silence' },
      });
      await stage.change(`after ${survived}`);
      await until('a write hangs', () => stage.faults.hits > hits);
      stage.crash();
      heal();
      await stage.start();
      await stage.converged(`after ${survived}`);
    }
    await stage.expectNoDuplicates();
    expect((await stage.writes()).length).toBeLessThanOrEqual(WRITES * (2 * WRITES + 1));
  });

  it('F1: a crash when the k-th write was done and not answered, for every k', async () => {
    await using stage = await stageOf('f1-unheard');
    for (let lost = 0; lost < WRITES; lost += 1) {
      const hits = stage.faults.hits;
      const heal = stage.faults.inject({ when: isStateWrite, after: lost, fault: doneAndSilent });
      await stage.change(`without ${lost}`);
      await until('a write is not answered', () => stage.faults.hits > hits);
      stage.crash();
      heal();
      await stage.start();
      await stage.converged(`without ${lost}`);
    }
    await stage.expectNoDuplicates();
  });

  it('F2: a list of stamped objects from before the last change, after a restart', async () => {
    await using stage = await stageOf('f2-objects');
    await expectToSurvive(stage, '/configmaps');
  });

  it('F2: a list of workloads from before the last change, after a restart', async () => {
    await using stage = await stageOf('f2-workloads');
    await expectToSurvive(stage, '/workloads');
  });
}

const doneAndSilent = {
  kind: 'answer',
  answer: async (_request: WireRequest, forward: () => Promise<WireResponse>): Promise<WireResponse> => {
    await forward();
    return new Promise<never>(() => undefined);
  },
} as const;

/** The server that a new controller asks first is behind: its list shows what was there before a change. */
async function expectToSurvive(stage: FaultStage, collection: string): Promise<void> {
  const isList = (request: WireRequest): boolean => lists(request) && request.path.endsWith(collection);
  await stage.start();
  await stage.quiet();
  const request = stage.faults.requests.findLast(isList);
  if (request === undefined) throw new Error(`nobody lists ${collection}`);
  const { signal: _over, ...again } = request;
  const old = await stage.faults.request(again);
  await stage.change('newer');
  await stage.converged('newer');
  stage.crash();
  stage.faults.inject({ when: isList, fault: { kind: 'answer', answer: async () => old } });
  await stage.start();
  await stage.converged('newer');
  await stage.expectNoDuplicates();
  expect((await stage.writes()).filter((line) => line.startsWith('delete'))).toEqual([]);
}
