import { NAMESPACES } from '@cartographer/kube';
import { Secret } from '@cartographer/machinery';
import { type Embedded, startEmbedded } from '@cartographer/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { laptopRegistry } from '../../upload/laptop-registry.ts';
import { publishSourceRegistry } from './source-registry.ts';

let embedded: Embedded;
const writes: string[] = [];
beforeAll(async () => {
  embedded = await startEmbedded();
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'cartographer-system' } };
  await embedded.client.create(NAMESPACES, namespace, { fieldManager: 'test' });
});
afterAll(() => embedded.close());

const laptop = (images: string) => ({
  hosts: { sources: '127.0.0.1:1', images },
  push: { username: 'carto', password: new Secret('secret') },
  ended: new Promise<void>(() => undefined),
  stop: async () => undefined,
});

it('where sources of an owner go is known to whoever reaches the cluster, and written only when it changes', async () => {
  const { client } = embedded;
  const counting: typeof client = {
    ...client,
    apply: (...args) => (writes.push(args[0].resource), client.apply(...args)),
  };
  const owner = { namespace: 'team', name: 'shop' };
  expect(await laptopRegistry(client, owner)).toBeUndefined();
  await publishSourceRegistry(counting, laptop('127.0.0.1:5001'));
  expect(await laptopRegistry(client, owner)).toEqual({
    repository: '127.0.0.1:5001/sources/team/shop',
    registry: { username: 'carto', password: 'secret', plainHttp: true },
  });
  await publishSourceRegistry(counting, laptop('127.0.0.1:5001'));
  expect(writes).toEqual(['secrets']);
  await publishSourceRegistry(counting, laptop('127.0.0.1:5002'));
  expect((await laptopRegistry(client, owner))?.repository).toBe('127.0.0.1:5002/sources/team/shop');
});
