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
import { sqliteDatabase } from '@cartographer/store';
import { startEmbedded } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { SCANNING_API_VERSION } from '../kinds/group.ts';
import { scanningCrds, scanningKinds } from '../kinds/kinds.ts';
import { startScanner } from '../scanner/start-scanner.ts';
import { SCANNER_NAMES } from './names.ts';
import { pullSecretsCommand, pullSecretsRights, scannerRights } from './scanner-rights.ts';

const namespace = 'cartographer-system';
const EVENTS = { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true };
const SECRETS = { group: '', version: 'v1', kind: 'Secret', resource: 'secrets', namespaced: true };

/** A server with RBAC on, and the scanner's account with what `deploy/` gives it and nothing else. */
async function stage() {
  const embedded = await startEmbedded({ crds: scanningCrds(), authorization: 'RBAC' });
  const mapper = createRestMapper({ client: embedded.client, clock });
  const apply = async (...objects: readonly KubeObject[]): Promise<void> => {
    for (const object of objects) {
      await embedded.client.apply(await mapper.resourceFor(object), object, { fieldManager: 'test', force: true });
    }
  };
  const system: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await apply(system, ...scannerRights(namespace));
  const { token } = await embedded.client.createToken({ namespace, name: SCANNER_NAMES.scanner }, {});
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
  return { ...embedded, apply, transport, refused, [Symbol.asyncDispose]: embedded.close };
}

const scan = (name: string): KubeObject => ({
  apiVersion: SCANNING_API_VERSION,
  kind: 'ImageScan',
  metadata: { name, namespace: 'default' },
  // Nobody answers there, and nobody is asked: addresses of this machine are refused.
  spec: { image: `127.0.0.1:1/team/app@sha256:${'a'.repeat(64)}`, policyRef: { name: 'gate' } },
});

describe('the rights of the scanner in deploy/', () => {
  it('are all that it needs for a lease, a verdict and an event', async () => {
    await using at = await stage();
    await at.apply(
      {
        apiVersion: SCANNING_API_VERSION,
        kind: 'ClusterScanPolicy',
        metadata: { name: 'gate' },
        spec: { namespaceSelector: {} },
      },
      scan('app'),
    );
    const lease = { namespace, name: SCANNER_NAMES.lease };
    const raw = createClient({ transport: at.transport, clock });
    const elector = createLeaderElector({ client: raw, clock, log: silentLog, lease, identity: 'one' });
    const client = createClient({ transport: fenced(at.transport, elector), clock });
    const database = sqliteDatabase(':memory:');
    const scanner = await startScanner({ client, namespace, database, clock, log: silentLog, elector });
    const reasonOf = async (): Promise<unknown> => {
      const { status } = await at.client.get(scanningKinds.ImageScan, { namespace: 'default', name: 'app' });
      const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; reason: string }[] };
      return conditions.find(({ type }) => type === 'Inventoried')?.reason;
    };
    await expect.poll(reasonOf).toBe('DestinationRefused');
    await scanner.stop();
    expect(at.refused).toEqual([]);
    const events = await at.client.list(EVENTS, { namespace: 'default' });
    expect(events.items.map((event) => (event['involvedObject'] as { name: string }).name)).toContain('app');
  });

  it('let it read Secrets where a namespace says so, and write none of what it judges', async () => {
    await using at = await stage();
    const secret: KubeObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'pull', namespace: 'default' } };
    await at.apply(secret, scan('app'));
    const client = createClient({ transport: at.transport, clock });
    const key = { namespace: 'default', name: 'pull' };
    const isRefused = async (request: Promise<unknown>): Promise<boolean> => {
      const [answer] = await Promise.allSettled([request]);
      return answer.status === 'rejected' && isForbidden(answer.reason);
    };
    expect(await isRefused(client.get(SECRETS, key))).toBe(true);
    await at.apply(...pullSecretsRights(namespace, ['default']));
    expect(await isRefused(client.get(SECRETS, key))).toBe(false);
    expect(await isRefused(client.list(SECRETS, { namespace: 'default' }))).toBe(true);
    expect(await isRefused(client.get(SECRETS, { namespace: 'kube-system', name: 'pull' }))).toBe(true);
    expect(await isRefused(client.create(scanningKinds.ImageScan, scan('other'), { dryRun: true }))).toBe(true);
    expect(await isRefused(client.delete(scanningKinds.ImageScan, { namespace: 'default', name: 'app' }))).toBe(true);
  });

  it('are widened by a command that stands whole in a condition, in the namespace with the longest name', () => {
    expect(pullSecretsCommand(namespace, 'n'.repeat(63)).length).toBeLessThan(260);
  });
});
