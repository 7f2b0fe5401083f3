import { startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, describe } from 'vitest';
import { installCarto } from './carto.ts';
import { crashFaults } from './faults/crash-faults.ts';
import { requestFaults } from './faults/request-faults.ts';
import { createFaultStage, type FaultStage } from './faults/stage.ts';
import { watchFaults } from './faults/watch-faults.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
  await installCarto(cluster);
});
afterAll(() => cluster.stop());

const stageOf = (namespace: string): Promise<FaultStage> => createFaultStage(cluster, namespace);

describe.concurrent('a controller ends where it would have ended without', () => {
  crashFaults(stageOf);
  watchFaults(stageOf, () => cluster);
  requestFaults(stageOf);
});
