import { systemClock } from '@cartographer/kube';
import { applyObjects, startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, describe } from 'vitest';
import { roleStageObjects, roleSuite } from '../../packages/scanning/src/kinds/testing/role-suite.ts';
import { clientOfAccount, installCarto } from './carto.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster();
  await installCarto(cluster, '--with', 'scanner');
  await applyObjects(cluster.client, systemClock, roleStageObjects());
}, 300_000);
afterAll(() => cluster?.stop());

// No scanner runs here: it would write what the accounts are tried on.
describe('who may do what with scans, as it is installed', () => {
  roleSuite(() => ({ clientOf: (account) => clientOfAccount(cluster, account) }));
});
