import { join } from 'node:path';
import { carto, crds } from '@cartographer/api';
import { systemClock } from '@cartographer/kube';
import { applyObjects, isAuditedWrite, readObjects, startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../carto-process.ts';
import { dataOf, installCarto, startCartoController, untilQuiet, untilReady } from './carto.ts';

const CHAIN = join(import.meta.dirname, 'chain.yaml');

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

describe('a chain of ConfigMaps on a real cluster', () => {
  it('is installed by carto install, which changes nothing when it is repeated', async () => {
    const printed = await installCarto(cluster);
    for (const { metadata } of crds()) expect(printed).toContain(`customresourcedefinition/${metadata.name} created`);
    const again = await installCarto(cluster);
    const lines = again.split('\n').filter((line) => line !== '' && !line.includes('webhookconfiguration'));
    expect(lines.filter((line) => !/ (?:unchanged|established|skipped: .*)$/.test(line))).toEqual([]);
  });

  it('becomes Ready', async () => {
    await startCartoController(cluster);
    await applyObjects(cluster.client, systemClock, readObjects(CHAIN));
    await untilReady(cluster.client, 'greet');
    expect(await dataOf(cluster.client, 'greet-sent')).toEqual({ text: 'hello world!' });
  });

  it('is stamped with one apply per object and one status write, and nothing is read besides the first lists', async () => {
    await untilQuiet(cluster, { byte: 0 });
    const mark = await cluster.audit.mark();
    await cluster.client.patch(
      carto.kinds.Workload,
      { namespace: 'default', name: 'greet' },
      {
        kind: 'merge',
        body: { spec: { params: [{ name: 'who', value: 'moon' }] } },
      },
    );
    await until(
      'the last object has it',
      async () => (await dataOf(cluster.client, 'greet-sent'))?.['text'] === 'hello moon!',
    );
    const asked = await untilQuiet(cluster, mark);
    const shown = asked.map(
      ({ verb, objectRef }) => `${verb} ${objectRef?.resource}/${objectRef?.subresource ?? objectRef?.name ?? ''}`,
    );
    expect(shown.filter((line) => !line.includes('events/'))).toEqual([
      'patch configmaps/greet-greeting',
      'patch configmaps/greet-shouted',
      'patch configmaps/greet-sent',
      'patch workloads/status',
    ]);
  });

  it('is left alone by a controller that starts again', async () => {
    const controller = cluster.process('carto');
    await controller.end('SIGTERM');
    const mark = await cluster.audit.mark();
    await controller.start();
    const asked = await untilQuiet(cluster, mark);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter(isAuditedWrite)).toEqual([]);
  });

  it('is reached by an edit of its first template', async () => {
    await cluster.client.patch(
      carto.kinds.ClusterConfigTemplate,
      { name: 'shouted' },
      {
        kind: 'merge',
        body: { spec: { template: { data: { text: '$(config)$ — at last' } } } },
      },
    );
    await until(
      'the edit is there',
      async () => (await dataOf(cluster.client, 'greet-sent'))?.['text'] === 'hello moon — at last',
    );
  });

  it('goes on when the server was killed and came back', async () => {
    const server = cluster.process('kube-apiserver');
    await server.end();
    await server.start();
    await cluster.client.patch(
      carto.kinds.Workload,
      { namespace: 'default', name: 'greet' },
      {
        kind: 'merge',
        body: { spec: { params: [{ name: 'who', value: 'sun' }] } },
      },
    );
    await until(
      'the change is there',
      async () => (await dataOf(cluster.client, 'greet-sent'))?.['text'] === 'hello sun — at last',
    );
  });

  it('is collected with its owner', async () => {
    await cluster.client.delete(carto.kinds.Workload, { namespace: 'default', name: 'greet' });
    await until('all of it is gone', async () => (await dataOf(cluster.client, 'greet-sent')) === undefined);
  });
});
