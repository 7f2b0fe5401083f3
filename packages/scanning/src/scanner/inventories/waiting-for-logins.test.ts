import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createTestImages, type TestImages } from '../../inventory/layers/testing/image-of.ts';
import { createScanStage, npmAdvisory, policy, source } from '../testing/scan-stage.ts';

const LOGIN = Buffer.from('red:secret').toString('base64');

/** A registry on this machine that wants a login, and how often it was asked. */
async function lockedRegistry(images: TestImages): Promise<AsyncDisposable & { host: string; asked: () => number }> {
  let asked = 0;
  const server = createServer(({ url = '', method, headers }, response) => {
    asked += 1;
    if (headers.authorization !== `Basic ${LOGIN}`) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
    }
    const [, kind, digest = ''] = /\/(manifests|blobs)\/([^/]+)$/.exec(url) ?? [];
    const bytes = images.blobs.get(kind === undefined ? '' : digest);
    if (bytes === undefined) return void response.writeHead(404).end();
    const type = kind === 'blobs' ? 'application/octet-stream' : (JSON.parse(bytes.toString()) as Typed).mediaType;
    response.writeHead(200, { 'content-type': type, 'content-length': bytes.length });
    response.end(method === 'HEAD' ? '' : bytes);
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
type Typed = { readonly mediaType: string };

const account = (secrets: string): string => `
{apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: default}, imagePullSecrets: [${secrets}]}
---
`;

function pullSecret(host: string, password: string): string {
  return secretOf({ auths: { [host]: { username: 'red', password } } });
}

function secretOf(config: object): string {
  const data = { '.dockerconfigjson': Buffer.from(JSON.stringify(config)).toString('base64') };
  const metadata = { name: 'login', namespace: 'default' };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/dockerconfigjson', data });
}

describe('a scan that waits for a login', () => {
  it('is tried again when its account names a pull secret, and when that changes, and not in between', async () => {
    const images = createTestImages();
    const { digest } = images.add([['node_modules/left/package.json', '{"name":"left","version":"1.2.3"}']]);
    await using registry = await lockedRegistry(images);
    const { host } = registry;
    await using stage = await createScanStage({
      isOverNetwork: true,
      destinations: { allowed: [host], plainHttp: [host] },
    });
    await stage.advisory('other.json', npmAdvisory('GHSA-0000-0000-0009', 'other'));
    await stage.apply(policy() + source('folder', stage.folder) + account(''));
    const spec = { image: `${host}/team/app@${digest}`, policyRef: { name: 'gate' } };
    const metadata = { name: 'app', namespace: 'default' };
    await stage.apply(JSON.stringify({ apiVersion: 'scanning.carto.run/v1alpha1', kind: 'ImageScan', metadata, spec }));
    await stage.restart();
    // Its own next try is minutes away by now.
    await stage.clock.advance(3_600_000);
    await stage.settled();
    const inventoried = async () =>
      (await stage.status('app')).conditions?.find(({ type }) => type === 'Inventoried') ?? { message: '' };
    expect(await inventoried()).toMatchObject({
      reason: 'RegistryForbidden',
      message: expect.stringMatching(
        /again within ten minutes, and at once when a Secret changes that the scanner may/,
      ),
    });

    const asked = registry.asked();
    await stage.clock.advance(35_000);
    expect(registry.asked()).toBe(asked);
    await stage.apply(pullSecret(host, 'wrong'));
    await stage.apply(account('{name: login}'));
    await stage.clock.advance(35_000);
    expect(registry.asked()).toBeGreaterThan(asked);
    expect(await inventoried()).toMatchObject({ reason: 'RegistryForbidden' });

    await stage.apply(secretOf({ auths: 5 }));
    await stage.clock.advance(35_000);
    expect(await inventoried()).toMatchObject({
      reason: 'RegistryForbidden',
      message: expect.stringMatching(/cannot be read: .*; it is asked again/),
    });

    await stage.apply(pullSecret(host, 'secret'));
    await stage.clock.advance(35_000);
    await stage.settled();
    expect(await inventoried()).toMatchObject({ reason: 'Complete', message: '1 package' });
    expect((await stage.status('app')).verdict?.result).toBe('Passed');
  });
});
