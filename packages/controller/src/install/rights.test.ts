import { crds } from '@cartographer/api';
import {
  type Client,
  systemClock as clock,
  createClient,
  createInProcessTransport,
  createLeaderElector,
  createRestMapper,
  fenced,
  isForbidden,
} from '@cartographer/kube';
import {
  type Condition,
  findCondition,
  type KubeObject,
  silentLog,
  type Transport,
  type WireRequest,
} from '@cartographer/machinery';
import { type Embedded, objectsIn, startEmbedded } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { startController } from '../start-controller.ts';
import { chain, workload } from '../testing/stage.ts';
import { createWebhooks } from '../webhooks/webhooks.ts';
import { INSTALL_NAMES } from './names.ts';
import { controllerRights, userRoles } from './rights.ts';

const { namespace, controller: name } = INSTALL_NAMES;

const TEAM = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: default, namespace: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: stamps, namespace: default}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list, create, patch, delete]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: stamps, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: stamps}
subjects: [{kind: ServiceAccount, name: default, namespace: default}]
`;

async function applyAll({ client }: Embedded, objects: readonly KubeObject[]): Promise<void> {
  const mapper = createRestMapper({ client, clock });
  for (const object of objects) {
    await client.apply(await mapper.resourceFor(object), object, { fieldManager: 'test', force: true });
  }
}

/** A server with RBAC on, and the controller's account with what `deploy/` gives it and nothing else. */
async function stage() {
  const embedded = await startEmbedded({ crds: crds(), authorization: 'RBAC' });
  await applyAll(embedded, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    ...controllerRights(namespace),
    ...userRoles(),
  ]);
  const { token } = await embedded.client.createToken({ namespace, name }, {});
  const refused: string[] = [];
  const direct = createInProcessTransport((request) => embedded.server.request(request), token);
  const transport: Transport = {
    async request(request: WireRequest) {
      const answer = await direct.request(request);
      if (answer.status === 403) refused.push(`${request.method} ${request.path}`);
      return answer;
    },
    close: () => direct.close(),
  };
  return { ...embedded, transport, refused, [Symbol.asyncDispose]: embedded.close };
}

const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
const SECRET = { group: '', version: 'v1', kind: 'Secret', resource: 'secrets', namespaced: true };

async function readyOf(client: Client): Promise<string | undefined> {
  const type = { group: 'carto.run', version: 'v1alpha1', kind: 'Workload', resource: 'workloads', namespaced: true };
  const found = await client.get(type, { namespace: 'default', name: 'shop' });
  const { conditions = [] } = (found['status'] ?? {}) as { conditions?: readonly Condition[] };
  return findCondition(conditions, 'Ready')?.status;
}

describe('the rights in deploy/', () => {
  it('are all that the controller needs for a chain, a lease, events and its webhook certificate', async () => {
    await using at = await stage();
    await applyAll(at, objectsIn(`${TEAM}---${chain('web')}---${workload('shop', 'web')}`));
    const raw = createClient({ transport: at.transport, clock });
    const lease = { namespace, name: INSTALL_NAMES.lease };
    const elector = createLeaderElector({ client: raw, clock, log: silentLog, lease, identity: 'one' });
    const client = createClient({ transport: fenced(at.transport, elector), clock });
    const certificate = {
      from: 'self',
      namespace,
      secret: INSTALL_NAMES.webhookSecret,
      service: INSTALL_NAMES.webhookService,
      configuration: INSTALL_NAMES.webhookConfiguration,
    } as const;
    const webhooks = await createWebhooks({
      host: '127.0.0.1',
      port: 0,
      certificate,
      client,
      clock,
      log: silentLog,
      onDrop: () => undefined,
    });
    const { parts, leaderParts } = webhooks;
    const controller = startController({ client, clock, log: silentLog, elector, parts, leaderParts });
    await expect.poll(() => readyOf(at.client)).toBe('True');
    await expect.poll(() => webhooks.notReady()).toBeUndefined();
    await controller.stop();
    expect(at.refused).toEqual([]);
    const secret = await at.client.get(SECRET, { namespace, name: INSTALL_NAMES.webhookSecret });
    expect(secret['type']).toBe('kubernetes.io/tls');
    const events = { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true };
    expect((await at.client.list(events, { namespace: 'default' })).items.length).toBeGreaterThan(0);
  });

  it('do not let the controller write what it stamps, nor the specs of its own kinds, nor other secrets', async () => {
    await using at = await stage();
    const client = createClient({ transport: at.transport, clock });
    const [, , chainObject] = objectsIn(chain('web')) as [KubeObject, KubeObject, KubeObject];
    const metadata = { namespace: 'default', name: 'x' };
    const tries = [
      client.create(CONFIG_MAP, { apiVersion: 'v1', kind: 'ConfigMap', metadata }),
      client.create(SECRET, { apiVersion: 'v1', kind: 'Secret', metadata }),
      client.delete(SECRET, { namespace, name: INSTALL_NAMES.webhookSecret }),
      createRestMapper({ client, clock })
        .resourceFor(chainObject)
        .then((type) => client.apply(type, chainObject, { fieldManager: 'cartographer' })),
    ];
    for (const attempt of await Promise.allSettled(tries)) {
      expect(attempt.status === 'rejected' && isForbidden(attempt.reason)).toBe(true);
    }
  });
});
