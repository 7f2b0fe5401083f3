import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crds } from '@cartographer/api';
import { conventionsCrds } from '@cartographer/conventions';
import { createRestMapper, isNotFound, systemClock } from '@cartographer/kube';
import { laptopCrds } from '@cartographer/laptop';
import { getPath, type KubeObject, type ResourceType } from '@cartographer/machinery';
import { scanningCrds } from '@cartographer/scanning';
import { type Embedded, startEmbedded } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Example, setUpExample } from './example.ts';

const GROUP = 'carto.run';
const WORKLOADS: ResourceType = {
  group: GROUP,
  version: 'v1alpha1',
  kind: 'Workload',
  resource: 'workloads',
  namespaced: true,
};
const CHAINS: ResourceType = {
  group: GROUP,
  version: 'v1alpha1',
  kind: 'ClusterSupplyChain',
  resource: 'clustersupplychains',
  namespaced: false,
};
const ROLES: ResourceType = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  resource: 'roles',
  namespaced: true,
};
const HELLO = { namespace: 'default', name: 'hello' };
const ROLE = { namespace: 'default', name: 'supply-chain' };

describe('the example', () => {
  let embedded: Embedded;
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'carto-example-'));
    embedded = await startEmbedded({ crds: [...crds(), ...scanningCrds(), ...conventionsCrds(), ...laptopCrds()] });
  });
  afterEach(async () => {
    await embedded.close();
    await rm(dir, { recursive: true, force: true });
  });
  const setUp = (): Promise<Example> => {
    const { client } = embedded;
    return setUpExample({ client, mapper: createRestMapper({ client, clock: systemClock }), dir });
  };
  const edit = (type: ResourceType, key: { name: string; namespace?: string }, body: object): Promise<KubeObject> =>
    embedded.client.patch(type, key, { kind: 'merge', body: body as never });

  it('is made once: a second start writes nothing', async () => {
    expect(await setUp()).toMatchObject({ repository: join(dir, 'hello'), workload: 'default/hello', changed: [] });
    const { resourceVersion } = (await embedded.client.list(WORKLOADS)).metadata;
    expect((await setUp()).changed).toEqual([]);
    expect((await embedded.client.list(WORKLOADS)).metadata.resourceVersion).toBe(resourceVersion);
  });

  it('stays as the user changed it, and tells what differs', async () => {
    await setUp();
    const edited = [
      await edit(WORKLOADS, HELLO, { spec: { env: [{ name: 'AUDIENCE', value: 'me' }] } }),
      await edit(CHAINS, { name: 'web-app' }, { spec: { selector: { 'carto.run/type': 'site' } } }),
      await edit(ROLES, ROLE, { rules: [] }),
    ];
    await edit(WORKLOADS, HELLO, { metadata: { labels: { mine: 'too' } } });
    expect((await setUp()).changed).toEqual([
      'Role default/supply-chain',
      'ClusterSupplyChain web-app',
      'Workload default/hello',
    ]);
    const { client } = embedded;
    expect((await client.get(WORKLOADS, HELLO))['spec']).toEqual(edited[0]?.['spec']);
    expect((await client.get(CHAINS, { name: 'web-app' }))['spec']).toEqual(edited[1]?.['spec']);
    expect((await client.get(ROLES, ROLE))['rules']).toEqual(edited[2]?.['rules']);
  });

  it('gets back what was deleted, as the example has it', async () => {
    await setUp();
    await edit(WORKLOADS, HELLO, { spec: { env: [] } });
    await embedded.client.delete(WORKLOADS, HELLO);
    await expect(embedded.client.get(WORKLOADS, HELLO)).rejects.toSatisfy(isNotFound);
    expect((await setUp()).changed).toEqual([]);
    const workload = await embedded.client.get(WORKLOADS, HELLO);
    expect(getPath(workload['spec'], 'env')).toEqual([{ name: 'AUDIENCE', value: 'the world' }]);
  });
});
