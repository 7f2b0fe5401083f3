import { join } from 'node:path';
import { carto } from '@cartographer/api';
import { type Client, isNotFound, systemClock } from '@cartographer/kube';
import type { KubeObject, ResourceType } from '@cartographer/machinery';
import {
  applyObjects,
  goldenCrds,
  objectsIn,
  readObjects,
  startCluster,
  type TestCluster,
} from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../carto-process.ts';
import {
  CONFIG_MAPS,
  dataOf,
  installCarto,
  isOurs,
  startCartoController,
  untilQuiet,
  untilReady,
  workloadCondition,
} from './carto.ts';

const CHAIN = readObjects(join(import.meta.dirname, 'chain.yaml'));
const SENT = { namespace: 'default', name: 'greet-sent' };
const core = (kind: string, resource: string): ResourceType => ({
  group: '',
  version: 'v1',
  kind,
  resource,
  namespaced: true,
});
const ACCOUNTS = core('ServiceAccount', 'serviceaccounts');
const ROLE_BINDINGS: ResourceType = {
  ...core('RoleBinding', 'rolebindings'),
  group: 'rbac.authorization.k8s.io',
};
const THINGS: ResourceType = { ...core('Thing', 'things'), group: 'golden.test' };
const DEFINITIONS: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  namespaced: false,
};

let cluster: TestCluster;
let client: Client;
beforeAll(async () => {
  cluster = await startCluster({ objects: goldenCrds() });
  ({ client } = cluster);
  await installCarto(cluster);
  await startCartoController(cluster);
  await applyObjects(client, systemClock, CHAIN);
  await untilReady(client, 'greet');
});
afterAll(() => cluster.stop());

/** Asks for another greeting; resolves when the end of the chain has it. */
async function greet(who: string): Promise<void> {
  await ask(who);
  await until(`${who} is greeted`, async () => (await dataOf(client, 'greet-sent'))?.['text'] === `hello ${who}!`);
}

async function ask(who: string): Promise<void> {
  const body = { spec: { params: [{ name: 'who', value: who }] } };
  await client.patch(carto.kinds.Workload, { namespace: 'default', name: 'greet' }, { kind: 'merge', body });
}

async function untilNotReady(name: string, text: string): Promise<void> {
  await until(`workload ${name} says ${text}`, async () => {
    const condition = await workloadCondition(client, name, 'Ready');
    return condition?.status !== 'True' && (condition?.message ?? '').includes(text);
  });
}

const objectOf = (kind: string): readonly KubeObject[] => CHAIN.filter((object) => object.kind === kind);

describe('a controller and a real server go on', () => {
  it('after the server answered nothing for a while and held its connections', async () => {
    const server = cluster.process('kube-apiserver');
    server.pause();
    await systemClock.sleep(3_000);
    server.resume();
    await greet('after a pause');
  });

  it('after etcd was killed and came back', async () => {
    const etcd = cluster.process('etcd');
    await etcd.end();
    await etcd.start();
    await until('the server answers', async () => {
      const { status } = await client.raw({ method: 'GET', path: '/readyz' });
      return status === 200;
    });
    await greet('after etcd');
  });

  it('after the account of the chain lost its rights, of which the workload tells, and got them back', async () => {
    await client.delete(ROLE_BINDINGS, { namespace: 'default', name: 'supply-chain' });
    await ask('without rights');
    await untilNotReady('greet', 'forbidden');
    const mark = await cluster.audit.mark();
    await systemClock.sleep(2_000);
    const asked = (await cluster.audit.since(mark)).filter(isOurs).filter(({ verb }) => verb !== 'watch');
    expect(asked.length).toBeLessThan(20);
    await applyObjects(client, systemClock, objectOf('RoleBinding'));
    await untilReady(client, 'greet');
    expect(await dataOf(client, 'greet-sent')).toEqual({ text: 'hello without rights!' });
  });

  it('after the account was deleted and made again, with another uid', async () => {
    await client.delete(ACCOUNTS, { namespace: 'default', name: 'supply-chain' });
    await ask('without an account');
    await untilNotReady('greet', 'supply-chain');
    await applyObjects(client, systemClock, objectOf('ServiceAccount'));
    await untilReady(client, 'greet');
    await greet('with another account');
  });

  it('after a stamped object was edited, deleted, and held by a finalizer', async () => {
    await client.patch(CONFIG_MAPS, SENT, { kind: 'merge', body: { data: { text: 'edited' } } });
    await until('the edit is undone', async () => (await dataOf(client, 'greet-sent'))?.['text'] !== 'edited');
    await client.delete(CONFIG_MAPS, SENT);
    await until('it is there again', async () => (await dataOf(client, 'greet-sent')) !== undefined);

    await client.patch(CONFIG_MAPS, SENT, { kind: 'merge', body: { metadata: { finalizers: ['test.io/held'] } } });
    await client.delete(CONFIG_MAPS, SENT);
    const { metadata } = await client.get(CONFIG_MAPS, SENT);
    expect(metadata.deletionTimestamp).toBeDefined();
    const mark = await cluster.audit.mark();
    expect((await untilQuiet(cluster, mark)).length).toBeLessThan(20);
    await client.patch(CONFIG_MAPS, SENT, { kind: 'merge', body: { metadata: { finalizers: null } } });
    await until('another one is there', async () => (await uidOf(SENT)) !== metadata.uid && (await uidOf(SENT)) !== '');
    await untilReady(client, 'greet');
  });

  it('after the definition of a stamped kind was deleted and made again', async () => {
    await applyObjects(client, systemClock, objectsIn(THING_CHAIN));
    await untilReady(client, 'thing');
    await client.delete(DEFINITIONS, { name: 'things.golden.test' });
    await until(
      'the workload tells',
      async () => (await workloadCondition(client, 'thing', 'Ready'))?.status !== 'True',
    );
    await greet('while a kind is missing');
    await until('the definition is gone', async () => {
      const { status } = await client.raw({ method: 'GET', path: '/apis/golden.test/v1/namespaces/default/things' });
      return status === 404;
    });
    await applyObjects(client, systemClock, goldenCrds());
    await untilReady(client, 'thing');
    expect((await client.list(THINGS, { namespace: 'default' })).items).toHaveLength(1);
  });
});

async function uidOf(key: { readonly namespace: string; readonly name: string }): Promise<string> {
  try {
    return (await client.get(CONFIG_MAPS, key)).metadata.uid ?? '';
  } catch (error) {
    if (isNotFound(error)) return '';
    throw error;
  }
}

const THING_CHAIN = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: things, namespace: default}
rules:
- {apiGroups: [golden.test], resources: [things], verbs: ['*']}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: things, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: things}
subjects: [{kind: ServiceAccount, name: supply-chain, namespace: default}]
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: thing}
spec:
  template:
    apiVersion: golden.test/v1
    kind: Thing
    metadata: {name: $(workload.metadata.name)$}
    spec: {a: b}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: things}
spec:
  selector: {carto.run/type: thing}
  serviceAccountRef: {name: supply-chain}
  resources:
  - name: thing
    templateRef: {kind: ClusterTemplate, name: thing}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: thing, namespace: default, labels: {carto.run/type: thing}}
spec: {}
`;
