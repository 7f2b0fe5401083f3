import { systemClock as clock, createClient, createInProcessTransport, createRestMapper } from '@cartographer/kube';
import type { KubeObject } from '@cartographer/machinery';
import { type Embedded, startEmbedded } from '@cartographer/testkit';
import { afterAll, beforeAll, describe } from 'vitest';
import { scannerRights } from '../install/scanner-rights.ts';
import { scanningCrds } from './kinds.ts';
import { scanningRoles } from './roles.ts';
import { roleStageObjects, roleSuite } from './testing/role-suite.ts';

describe('on the embedded API server', () => {
  let embedded: Embedded;

  beforeAll(async () => {
    embedded = await startEmbedded({ crds: scanningCrds(), authorization: 'RBAC' });
    const mapper = createRestMapper({ client: embedded.client, clock });
    const namespace = 'cartographer-system';
    const system: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    for (const object of [system, ...scanningRoles(), ...scannerRights(namespace), ...roleStageObjects()]) {
      await embedded.client.apply(await mapper.resourceFor(object), object, { fieldManager: 'test', force: true });
    }
  });
  afterAll(() => embedded.close());

  roleSuite(() => ({
    async clientOf(account) {
      const { token } = await embedded.client.createToken(account, {});
      const transport = createInProcessTransport((request) => embedded.server.request(request), token);
      return createClient({ transport, clock });
    },
  }));
});
