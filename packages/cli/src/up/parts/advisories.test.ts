import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock as clock, createInProcessTransport, createRestMapper, getIfThere } from '@cartographer/kube';
import { silentLog, textAt } from '@cartographer/machinery';
import { QUESTIONS_PREFIX, scanningCrds, scanningKinds } from '@cartographer/scanning';
import { objectsIn, startEmbedded } from '@cartographer/testkit';
import { expect, it, vi } from 'vitest';
import { serveImages } from '../../../../scanning/src/scanner/inventories/testing/served-images.ts';
import { askQuestion } from '../../testing/ask-question.ts';
import { asScanner } from '../controller-account.ts';
import { startScanning } from './advisories.ts';

const CONFIG_MAPS = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };

it('the scanner of `carto up` answers questions by HTTPS, to those who may read the scans, with the rights of a cluster', async () => {
  const embedded = await startEmbedded({ crds: scanningCrds(), authorization: 'RBAC' });
  await using served = await serveImages();
  const dir = await mkdtemp(join(tmpdir(), 'carto-up-'));
  const { client, server } = embedded;
  const transport = createInProcessTransport((request) => server.request(request), server.adminToken);
  const mapper = createRestMapper({ client, clock });
  const account = await asScanner({ client, mapper, clock, log: silentLog, transport });
  const scanning = await startScanning({
    client,
    transport: account,
    clock,
    log: silentLog,
    dir,
    questionsPort: 0,
    hosts: { sources: served.host, images: served.host },
  });
  try {
    const { digest } = served
      .repository('app')
      .add([['node_modules/left/package.json', JSON.stringify({ name: 'left', version: '1.2.3' })]]);
    for (const object of objectsIn(`
{apiVersion: v1, kind: Namespace, metadata: {name: default}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: nobody, namespace: default}}
---
apiVersion: scanning.carto.run/v1alpha1
kind: ImageScan
metadata: {name: app, namespace: default}
spec: {image: "${served.host}/app@${digest}", policyRef: {name: gate}}
`))
      await client.apply(await mapper.resourceFor(object), object, { fieldManager: 'test', force: true });
    const soon = (holds: () => Promise<void>): Promise<void> => vi.waitFor(holds, { timeout: 60_000, interval: 50 });
    const key = { namespace: 'cartographer-system', name: 'cartographer-scanner-ca' };
    let ca = '';
    await soon(async () => {
      ca = textAt(await getIfThere(client, CONFIG_MAPS, key), 'data', 'ca.crt');
      expect(ca).toContain('BEGIN CERTIFICATE');
      expect(scanning.questions?.notReady()).toBeUndefined();
      const { status } = await client.get(scanningKinds.ImageScan, { namespace: 'default', name: 'app' });
      expect(textAt(status, 'inventory', 'digest')).not.toBe('');
    });
    const asks = (token: string) =>
      askQuestion(scanning.questions?.port ?? 0, ca, `${QUESTIONS_PREFIX}/carriers?purl=pkg:npm/left`, { token });
    expect(await asks(server.adminToken)).toMatchObject({
      code: 200,
      body: { items: [{ namespace: 'default', name: 'app', packages: [{ version: '1.2.3' }] }] },
    });
    const { token } = await client.createToken({ namespace: 'default', name: 'nobody' }, {});
    expect(await asks(token)).toMatchObject({ code: 200, body: { kind: 'carriers', items: [] } });
    expect((await asks('')).code).toBe(401);
  } finally {
    await scanning.scanner.stop();
    await embedded.close();
    await rm(dir, { recursive: true, force: true });
  }
}, 120_000);
