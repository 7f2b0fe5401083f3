import {
  systemClock as clock,
  createClient,
  createInProcessTransport,
  createLeaderElector,
  createRestMapper,
  fenced,
  isForbidden,
} from '@cartographer/kube';
import { type KubeObject, silentLog, type Transport, type WireRequest } from '@cartographer/machinery';
import { objectsIn, startEmbedded } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { startConventions } from '../controller/start-conventions.ts';
import { intent, labels, webhook } from '../controller/testing/conventions-stage.ts';
import { playedWorld } from '../controller/testing/played-world.ts';
import { conventionsCrds, conventionsKinds } from '../kinds/kinds.ts';
import { conventionsRights, intentSecretsRights } from './conventions-rights.ts';
import { CONVENTIONS_NAMES } from './names.ts';

const namespace = 'cartographer-system';
const core = (kind: string, resource: string) => ({ group: '', version: 'v1', kind, resource, namespaced: true });
const EVENTS = core('Event', 'events');
const SECRETS = core('Secret', 'secrets');

it('the rights of deploy/ are all that is needed from the lease to a computed template, and no more', async () => {
  const embedded = await startEmbedded({ crds: conventionsCrds(), authorization: 'RBAC' });
  const mapper = createRestMapper({ client: embedded.client, clock });
  const apply = async (...objects: readonly KubeObject[]): Promise<void> => {
    for (const object of objects) {
      await embedded.client.apply(await mapper.resourceFor(object), object, { fieldManager: 'test', force: true });
    }
  };
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...conventionsRights(namespace));
  await apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'default', name: 'default' } });
  const { token } = await embedded.client.createToken({ namespace, name: CONVENTIONS_NAMES.conventions }, {});
  const direct = createInProcessTransport((request) => embedded.server.request(request), token);
  const refused: string[] = [];
  const transport: Transport = {
    async request(request: WireRequest) {
      const answer = await direct.request(request);
      if (answer.status === 403) refused.push(`${request.method} ${request.path}`);
      return answer;
    },
    close: () => direct.close(),
  };
  const raw = createClient({ transport, clock });
  const lease = { namespace, name: CONVENTIONS_NAMES.lease };
  const elector = createLeaderElector({ client: raw, clock, log: silentLog, lease, identity: 'one' });
  const client = createClient({ transport: fenced(transport, elector), clock });
  const { servers, images, caller } = playedWorld();
  servers.set('one', labels('x', '1'));
  const certificate = { namespace: 'default', name: 'one' };
  const running = startConventions({ client, namespace, clock, log: silentLog, elector, images, caller });
  await apply(...objectsIn(webhook('one') + webhook('two', {}, {}, { certificate }) + intent('app')));
  const key = { namespace: 'default', name: 'app' };
  const status = async () => (await embedded.client.get(conventionsKinds.PodIntent, key))['status'];
  await expect.poll(status).toMatchObject({ conditions: [{ reason: 'CABundleResolutionFailed' }, {}] });
  await embedded.client.delete(conventionsKinds.ClusterPodConvention, { name: 'two' });
  await expect.poll(status).toMatchObject({ template: { metadata: { labels: { x: '1' } } } });
  await expect
    .poll(async () => (await embedded.client.list(EVENTS, { namespace: 'default' })).items.map(({ reason }) => reason))
    .toEqual(expect.arrayContaining(['CABundleResolutionFailed', 'StatusUpdated']));
  await running.stop();
  expect(refused).toEqual([]);
  const isRefused = async (request: Promise<unknown>): Promise<boolean> => {
    const [answer] = await Promise.allSettled([request]);
    return answer.status === 'rejected' && isForbidden(answer.reason);
  };
  expect(await isRefused(raw.get(SECRETS, { namespace: 'default', name: 'x' }))).toBe(true);
  await apply(...intentSecretsRights(namespace, ['default']));
  expect(await isRefused(raw.get(SECRETS, { namespace: 'default', name: 'x' }))).toBe(false);
  expect(await isRefused(raw.get(SECRETS, { namespace: 'kube-system', name: 'x' }))).toBe(true);
  expect(await isRefused(raw.list(SECRETS, { namespace: 'default' }))).toBe(true);
  expect(await isRefused(raw.delete(conventionsKinds.PodIntent, key))).toBe(true);
  expect(await isRefused(raw.delete(conventionsKinds.ClusterPodConvention, { name: 'one' }))).toBe(true);
  const other = { kind: 'merge', body: { spec: { serviceAccountName: 'other' } } } as const;
  expect(await isRefused(raw.patch(conventionsKinds.PodIntent, key, other))).toBe(true);
  await embedded.close();
});
