import { systemClock } from '@cartographer/kube';
import type { JsonObject, ResourceType, WireRequest, WireResponse } from '@cartographer/machinery';
import { rfc3339 } from '@cartographer/machinery';
import type { TestCluster } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { accountYaml, bindingYaml } from './chain.ts';
import type { MakeStage } from './crash-faults.ts';
import { type FaultStage, isStateWrite } from './stage.ts';

const STORM_MS = 3_000;
const HEALED_MS = 60_000;
const SLOW = 120_000;
const BINDINGS: ResourceType = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  resource: 'rolebindings',
  namespaced: true,
};
const ACCOUNTS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  namespaced: true,
};

const isTokenRequest = ({ path }: WireRequest): boolean => path.endsWith('/serviceaccounts/chain/token');
const tokensOf = (stage: FaultStage): number => stage.faults.requests.filter(isTokenRequest).length;

/** Fault F12: rights that are taken and given, accounts that are made anew, tokens that are refused or run out. */
export function rightsFaults(stageOf: MakeStage, clusterOf: () => TestCluster): void {
  it('F12: rights of the account revoked, of which the workload tells, and granted', async () => {
    await using stage = await stageOf('f12-revoked');
    await expectToMissRights(stage, clusterOf());
    const since = systemClock.now();
    await stage.apply(bindingYaml(stage.namespace));
    await stage.converged('forbidden');
    expect(systemClock.now() - since).toBeLessThan(10_000);
    await stage.expectNoDuplicates();
  });

  it(
    'F12: rights granted to a group that the account is in',
    async () => {
      await using stage = await stageOf('f12-group');
      await expectToMissRights(stage, clusterOf());
      const since = systemClock.now();
      const group = `{kind: Group, apiGroup: rbac.authorization.k8s.io, name: 'system:serviceaccounts:${stage.namespace}'}`;
      await stage.apply(bindingYaml(stage.namespace).replace(/\{kind: ServiceAccount[^}]*\}/, group));
      await stage.converged('forbidden');
      expect(systemClock.now() - since).toBeLessThan(HEALED_MS);
    },
    SLOW,
  );

  it('F12: the account deleted, of which the workload tells, and made anew with another uid', async () => {
    await using stage = await stageOf('f12-account');
    const key = { namespace: stage.namespace, name: 'chain' };
    const before = await stage.client.get(ACCOUNTS, key);
    await stage.client.delete(ACCOUNTS, key);
    await stage.change('without an account');
    await stage.untilItSays('"chain" not found');
    await stage.apply(accountYaml(stage.namespace));
    await stage.converged('without an account');
    expect((await stage.client.get(ACCOUNTS, key)).metadata.uid).not.toBe(before.metadata.uid);
    await stage.expectNoDuplicates();
  });

  it('F12: a token that the server no longer knows is replaced at once', async () => {
    await using stage = await stageOf('f12-unknown-token');
    const before = tokensOf(stage);
    const mark = await clusterOf().audit.mark();
    stage.faults.inject({ when: isStateWrite, fault: { kind: 'status', code: 401, reason: 'Unauthorized' } });
    await stage.change('unauthorized');
    await stage.converged('unauthorized');
    expect(tokensOf(stage)).toBe(before + 1);
    expect(await stage.writes(mark)).toHaveLength(4);
    await stage.expectNoDuplicates();
  });

  it('F12: a server that knows no token for a while is not stormed', async () => {
    await using stage = await stageOf('f12-no-token');
    const before = stage.faults.requests.length;
    const heal = stage.faults.inject({
      when: isStateWrite,
      times: Infinity,
      fault: { kind: 'status', code: 401, reason: 'Unauthorized' },
    });
    await stage.change('unauthorized');
    await systemClock.sleep(STORM_MS);
    expect(stage.faults.requests.length - before).toBeLessThan(80);
    heal();
    await stage.converged('unauthorized');
    await stage.expectNoDuplicates();
  });

  it('F12: tokens that soon run out are replaced in time, and not for each write', async () => {
    await using stage = await stageOf('f12-short');
    const answer = async (_request: WireRequest, forward: () => Promise<WireResponse>): Promise<WireResponse> =>
      withExpiry(await forward(), rfc3339(systemClock.now() + 4_000));
    stage.faults.inject({ when: isTokenRequest, times: Infinity, fault: { kind: 'answer', answer } });
    await stage.start();
    const before = tokensOf(stage);
    for (let turn = 0; turn < 8; turn += 1) {
      await stage.change(`turn ${turn}`);
      await stage.converged(`turn ${turn}`);
    }
    const asked = tokensOf(stage) - before;
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(16);
    await stage.expectNoDuplicates();
  });
}

/** Fault F12 for the controller itself, which concerns every controller of the cluster. */
export function ownRightsFault(stageOf: MakeStage, clusterOf: () => TestCluster): void {
  it(
    'F12: rights of the controller revoked, while it runs and before it starts, and granted',
    async () => {
      await using stage = await stageOf('f12-own');
      const { client } = clusterOf();
      const { items } = await client.list(CLUSTER_BINDINGS);
      const own = items.filter((binding) => JSON.stringify(binding).includes('"cartographer-controller"'));
      expect(own.length).toBeGreaterThan(0);
      const revoke = async (): Promise<void> => {
        for (const { metadata } of own) await client.delete(CLUSTER_BINDINGS, { name: metadata.name ?? '' });
      };
      const grant = async (): Promise<void> => {
        for (const { metadata, ...rest } of own) {
          const object = { ...rest, apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding' };
          await client.create(CLUSTER_BINDINGS, { ...object, metadata: { name: metadata.name } });
        }
      };
      await revoke();
      const before = stage.faults.requests.length;
      await stage.change('without a say');
      await systemClock.sleep(STORM_MS);
      expect(stage.faults.requests.length - before).toBeLessThan(100);
      await grant();
      await stage.converged('without a say');

      stage.crash();
      await revoke();
      await stage.change('blind');
      const started = stage.start();
      await systemClock.sleep(STORM_MS);
      await grant();
      await started;
      await stage.converged('blind');
      await stage.expectNoDuplicates();
    },
    SLOW,
  );
}

const CLUSTER_BINDINGS: ResourceType = {
  ...BINDINGS,
  kind: 'ClusterRoleBinding',
  resource: 'clusterrolebindings',
  namespaced: false,
};

async function expectToMissRights(stage: FaultStage, cluster: TestCluster): Promise<void> {
  await stage.client.delete(BINDINGS, { namespace: stage.namespace, name: 'chain' });
  await stage.change('forbidden');
  await stage.untilItSays('forbidden');
  const mark = await cluster.audit.mark();
  await systemClock.sleep(STORM_MS);
  const writes = await stage.writes(mark);
  expect(writes.length, writes.join('\n')).toBeLessThanOrEqual(2);
}

function withExpiry(response: WireResponse, expirationTimestamp: string): WireResponse {
  const body = response.body as JsonObject & { readonly status: JsonObject };
  return { ...response, body: { ...body, status: { ...body.status, expirationTimestamp } } };
}
