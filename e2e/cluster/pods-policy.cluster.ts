import { systemClock } from '@cartographer/kube';
import { applyObjects, objectsIn, startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDoc } from '../../scripts/docs/markdown.ts';
import { until } from '../carto-process.ts';
import { clientOfAccount } from './carto.ts';

const PODS = { group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true };
const DEPLOYMENTS = { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments', namespaced: true };

let cluster: TestCluster;
const apply = (yaml: string): Promise<void> => applyObjects(cluster.client, systemClock, objectsIn(yaml));

beforeAll(async () => {
  cluster = await startCluster();
}, 300_000);
afterAll(() => cluster?.stop());

describe('the policy of docs/security.md', () => {
  it('lets only the account of the chain make pods, and what makes pods', async () => {
    const [yaml = ''] =
      /(?<=^```yaml\n)apiVersion: admissionregistration[\s\S]*?(?=^```$)/m.exec(readDoc('security.md')) ?? [];
    await apply(yaml);
    await apply('{apiVersion: v1, kind: Namespace, metadata: {name: closed, labels: {only-chains-deploy: "true"}}}');
    const grant = (name: string) => `
{apiVersion: v1, kind: ServiceAccount, metadata: {name: ${name}, namespace: closed}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ${name}, namespace: closed}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{kind: ServiceAccount, name: ${name}, namespace: closed}]
`;
    await apply(`${grant('supply-chain')}---${grant('developer')}`);
    const chain = await clientOfAccount(cluster, { namespace: 'closed', name: 'supply-chain' });
    const developer = await clientOfAccount(cluster, { namespace: 'closed', name: 'developer' });
    const spec = { containers: [{ name: 'app', image: 'app' }] };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'closed', name: 'app' }, spec };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'closed', name: 'app' },
      spec: {
        selector: { matchLabels: { app: 'app' } },
        template: { metadata: { labels: { app: 'app' } }, spec },
      },
    };
    const denied = async (make: () => Promise<unknown>): Promise<string> =>
      make().then(
        () => 'let in',
        (error: Error) => error.message,
      );
    const told = 'only the account supply-chain may deploy in closed';
    await until('the policy is in force', async () =>
      (await denied(() => developer.create(PODS, pod, { dryRun: true }))).includes(told),
    );
    expect(await denied(() => developer.create(DEPLOYMENTS, deployment, { dryRun: true }))).toContain(told);
    expect(await denied(() => chain.create(DEPLOYMENTS, deployment, {}))).toBe('let in');
    // What makes the pods of it is the cluster's own; the suite's cluster runs none that would.
    const replicaSets = { namespace: 'kube-system', name: 'replicaset-controller' };
    await apply(`{apiVersion: v1, kind: ServiceAccount, metadata: ${JSON.stringify(replicaSets)}}`);
    const controller = await clientOfAccount(cluster, replicaSets);
    expect(await denied(() => controller.create(PODS, pod, { dryRun: true }))).toBe('let in');
    expect(
      await denied(() =>
        cluster.client.create(PODS, { ...pod, metadata: { namespace: 'default', name: 'app' } }, { dryRun: true }),
      ),
    ).toBe('let in');
  });
});
