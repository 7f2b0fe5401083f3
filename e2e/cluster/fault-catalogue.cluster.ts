import { startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, describe } from 'vitest';
import { installCarto } from './carto.ts';
import { admissionFaults } from './faults/admission-faults.ts';
import { crashFaults } from './faults/crash-faults.ts';
import { objectFaults, ownKindFault } from './faults/object-faults.ts';
import { requestFaults } from './faults/request-faults.ts';
import { ownRightsFault, rightsFaults } from './faults/rights-faults.ts';
import { createFaultStage, type FaultStage } from './faults/stage.ts';
import { watchFaults } from './faults/watch-faults.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
  await installCarto(cluster);
});
afterAll(() => cluster.stop());

const stageOf = (namespace: string): Promise<FaultStage> => createFaultStage(cluster, namespace);
const clusterOf = (): TestCluster => cluster;

/** The catalogue of faults F1 to F14; F8, two leaders, is in `leader.cluster.ts` and `leaders.cluster.ts`. */
describe.concurrent('a controller ends where it would have ended without', () => {
  watchFaults(stageOf, clusterOf);
  crashFaults(stageOf);
  requestFaults(stageOf);
  admissionFaults(stageOf, clusterOf);
  rightsFaults(stageOf, clusterOf);
  objectFaults(stageOf, clusterOf);
});

describe('a controller goes on after', () => {
  ownKindFault(stageOf, clusterOf);
  ownRightsFault(stageOf, clusterOf);
});
