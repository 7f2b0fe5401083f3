import { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type Descriptor, digestOf, mediaTypes, tarEnd, tarHeader, tarPadding } from '@cartographer/oci';
import { afterEach, describe, expect, it } from 'vitest';
import { packZip } from '../advisories/testing/pack-zip.ts';
import { createTestImages, type TestImages } from '../inventory/layers/testing/image-of.ts';
import type { ScanStatus } from '../verdict/scan-status.ts';
import { createScanStage, npmAdvisory, policy, type ScanStage, source } from './testing/scan-stage.ts';

const API = 'scanning.carto.run/v1alpha1';
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server on this machine: `127.0.0.1:PORT`. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  servers.push(server);
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers as registries do, from images in memory. */
function answerFrom(images: TestImages, request: IncomingMessage, response: ServerResponse): void {
  const [, kind = '', digest = ''] = /\/(manifests|blobs)\/([^/]+)$/.exec(request.url ?? '') ?? [];
  const bytes = images.blobs.get(digest);
  if (bytes === undefined) return void response.writeHead(404).end();
  const type = kind === 'blobs' ? 'application/octet-stream' : (JSON.parse(bytes.toString()) as Typed).mediaType;
  response.writeHead(200, { 'content-type': type, 'content-length': bytes.length });
  response.end(request.method === 'HEAD' ? '' : bytes);
}
type Typed = { readonly mediaType: string };
type Manifest = { readonly layers: readonly Descriptor[] };

/** A stage on which everything but the artifact lets the scan pass, whose registry or archive server is at `host`. */
async function stageFor(host: string): Promise<ScanStage> {
  const destinations = { allowed: [host], plainHttp: [host] };
  const stage = await createScanStage({ isOverNetwork: true, sourceHosts: [host], destinations });
  await stage.advisory('other.json', npmAdvisory('GHSA-0000-0000-0009', 'other'));
  await stage.apply(policy() + source('folder', stage.folder));
  return stage;
}

function scanOf(kind: string, spec: object): string {
  return JSON.stringify({ apiVersion: API, kind, metadata: { name: 'app', namespace: 'default' }, spec });
}

function saidOf({ conditions = [] }: ScanStatus, type = 'Inventoried'): string {
  const { status, reason, message = '' } = conditions.find((condition) => condition.type === type) ?? {};
  return `${status} ${reason} ${message}`.trim();
}

/** Lets everything settle that waits no longer than a registry that fails is asked again. */
async function judged(stage: ScanStage, kind: string): Promise<ScanStatus> {
  await stage.restart();
  await stage.clock.advance(60_000);
  await stage.settled();
  return stage.status('app', kind);
}

type Registry = (images: TestImages) => {
  readonly digest: string;
  /** Answers in the place of the registry; false where it does not. */
  readonly play?: (request: IncomingMessage, response: ServerResponse) => boolean;
  readonly host?: string;
};

const left = [['node_modules/left/package.json', '{"name":"left","version":"1.2.3"}']] as const;

/** A jar in a jar, so many deep. */
function nestedJar(depth: number): Buffer {
  const properties = 'groupId=g\nartifactId=innermost\nversion=1\n';
  let jar = packZip([{ name: 'META-INF/maven/g/innermost/pom.properties', bytes: properties }]);
  for (let at = 0; at < depth; at += 1) jar = packZip([{ name: 'a.jar', bytes: jar }]);
  return jar;
}

/** A layer of links that lead out of the image, in the places where packages are looked for. */
function layerOfLinks(): Buffer {
  const link = (path: string, target: string): Buffer => tarHeader({ kind: 'link', path, target });
  return Buffer.concat([
    link('node_modules/left/package.json', '../../../../../../etc/passwd'),
    link('var/lib/dpkg/status', '/proc/self/environ'),
    link('lib/apk/db/installed', '../../../lib/apk/db/installed'),
    tarEnd(),
  ]);
}

describe('a scan of an image', () => {
  it.each<[string, Registry, string]>([
    [
      'that does not exist',
      () => ({ digest: digestOf(Buffer.from('nothing')) }),
      'False ImageNotFound HOST answered 404 for manifest sha256:',
    ],
    [
      'of a registry that wants a login',
      (images) => ({
        digest: images.add(left).digest,
        play: (_request, response) => {
          response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end('secret words');
          return true;
        },
      }),
      'False RegistryForbidden HOST answered 401',
    ],
    [
      'of a registry that fails',
      (images) => ({
        digest: images.add(left).digest,
        play: (_request, response) => !!response.writeHead(503, { 'retry-after': '600' }).end(),
      }),
      'False RegistryUnavailable HOST answered 503',
    ],
    [
      'of a registry that lies about a digest',
      (images) => {
        const honest = images.add(left);
        const other = images.blobs.get(images.add([['a', 'b']]).digest) ?? Buffer.alloc(0);
        return {
          digest: honest.digest,
          play: (request, response) =>
            request.url?.endsWith(honest.digest) === true &&
            !!response
              .writeHead(200, { 'content-type': mediaTypes.manifest, 'content-length': other.length })
              .end(request.method === 'HEAD' ? '' : other),
        };
      },
      'False ImageUnreadable manifest sha256:',
    ],
    [
      'of a registry that leads around in a circle',
      (images) => ({
        digest: images.add(left).digest,
        play: (request, response) => !!response.writeHead(307, { location: request.url }).end(),
      }),
      'False RegistryMisbehaved HOST',
    ],
    [
      'at an address that the operator does not allow',
      (images) => ({ digest: images.add(left).digest, host: '127.0.0.1:1' }),
      'False DestinationRefused 127.0.0.1:1 is not asked',
    ],
    [
      'whose manifest is none',
      (images) => ({ digest: images.addBlob(Buffer.from('{"mediaType":"a/b"}'), 'a/b').digest }),
      'False ImageUnreadable',
    ],
    [
      'whose layer is another one than its digest says',
      (images) => {
        const layer = images.addBlob(Buffer.alloc(20_000, 'x'), mediaTypes.plainLayer);
        const other = Buffer.alloc(layer.size, 'y');
        return {
          digest: images.addManifest([layer]).digest,
          play: (request, response) =>
            request.url?.endsWith(layer.digest) === true &&
            !!response.writeHead(200, { 'content-length': other.length }).end(other),
        };
      },
      'True Incomplete 0 packages; not all could be read: layer ',
    ],
    [
      'whose layers have 20 GB',
      (images) => {
        const layer = images.addBlob(Buffer.from('x'), mediaTypes.plainLayer);
        return { digest: images.addManifest([{ ...layer, size: 20e9 }]).digest };
      },
      'True Incomplete 0 packages; not all could be read: image has layers of 20000000000 bytes',
    ],
    [
      'of a registry that sends 20 GB for a layer of a few bytes',
      (images) => {
        const layer = images.addBlob(Buffer.from('x'), mediaTypes.plainLayer);
        return {
          digest: images.addManifest([layer]).digest,
          play: (request, response) => {
            if (request.url?.endsWith(layer.digest) !== true) return false;
            response.writeHead(200, { 'content-type': 'application/octet-stream' });
            const more = (): void => {
              while (!response.destroyed && response.write(Buffer.alloc(65_536)));
            };
            response.on('drain', more);
            more();
            return true;
          },
        };
      },
      'False ImageUnreadable blob sha256:',
    ],
    [
      'with jars twenty deep',
      (images) => ({ digest: images.add([['a.jar', nestedJar(20)]]).digest }),
      'True Incomplete 1 package; not all could be read: a.jar/a.jar/a.jar/a.jar/a.jar/a.jar/a.jar lies more than 5 archives deep',
    ],
  ])('%s says so, and does not pass', async (_what, registry, said) => {
    const images = createTestImages();
    const { digest, play = () => false, host: elsewhere } = registry(images);
    const host = await serve((request, response) => {
      if (!play(request, response)) answerFrom(images, request, response);
    });
    await using stage = await stageFor(host);
    const image = `${elsewhere ?? host}/team/app@${digest}`;
    await stage.apply(scanOf('ImageScan', { image, policyRef: { name: 'gate' } }));
    const status = await judged(stage, 'ImageScan');
    expect(saidOf(status)).toContain(said.replace('HOST', host));
    expect(saidOf(status)).not.toContain('secret words');
    if (said.startsWith('False')) expect(saidOf(status, 'Succeeded')).toBe(saidOf(status));
    expect(status.verdict?.result).toBe('Refused');
    expect(status.compliantArtifact).toBeUndefined();
  });

  it('whose links lead out of it has only what lies in it', async () => {
    const images = createTestImages();
    const within = images.add([['opt/node_modules/right/package.json', '{"name":"right","version":"1.0.0"}']]);
    const layers = (JSON.parse(images.blobs.get(within.digest)?.toString() ?? '') as Manifest).layers;
    const { digest } = images.addManifest([...layers, images.addBlob(layerOfLinks(), mediaTypes.plainLayer)]);
    const host = await serve((request, response) => answerFrom(images, request, response));
    await using stage = await stageFor(host);
    await stage.apply(scanOf('ImageScan', { image: `${host}/team/app@${digest}`, policyRef: { name: 'gate' } }));
    const status = await judged(stage, 'ImageScan');
    expect(saidOf(status)).toBe('True Complete 1 package');
  });

  it('is not asked for again before the registry allows it, and is read then', async () => {
    const images = createTestImages();
    const { digest } = images.add(left);
    let [asked, isOpen] = [0, false];
    const host = await serve((request, response) => {
      asked += 1;
      if (isOpen) answerFrom(images, request, response);
      else response.writeHead(429, { 'retry-after': '1800' }).end();
    });
    await using stage = await stageFor(host);
    await stage.apply(scanOf('ImageScan', { image: `${host}/team/app@${digest}`, policyRef: { name: 'gate' } }));
    await stage.restart();
    expect(saidOf(await stage.status('app'))).toContain(`False RegistryRateLimited ${host} answered 429`);
    isOpen = true;
    await stage.clock.advance(1_700_000);
    await stage.settled();
    expect(asked).toBe(1);
    await stage.clock.advance(200_000);
    await stage.settled();
    expect(await stage.status('app')).toMatchObject({ phase: 'Completed', verdict: { result: 'Passed' } });
  });

  it('whose name no registry has ends at once', async () => {
    await using stage = await stageFor('127.0.0.1:1');
    const image = `registry.example.com/Team/App@sha256:${'0'.repeat(64)}`;
    await stage.apply(scanOf('ImageScan', { image, policyRef: { name: 'gate' } }));
    await stage.restart();
    expect(saidOf(await stage.status('app'))).toContain('False SpecInvalid');
    expect((await stage.status('app')).compliantArtifact).toBeUndefined();
  });
});

describe('a scan of a source', () => {
  const lock = JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/left': { version: '1.2.3' } } });
  const bytes = Buffer.from(lock);
  const header = tarHeader({ kind: 'file', path: 'package-lock.json', executable: false, sizeBytes: bytes.length });
  const archive = gzipSync(Buffer.concat([header, bytes, tarPadding(bytes.length), tarEnd()]));

  it.each<[string, object, RequestListener, string]>([
    [
      'of a host that is not allowed',
      { url: 'https://elsewhere.example.com/a.tar.gz' },
      (_request, response) => response.end(archive),
      'False SourceHostNotAllowed archives are not fetched from elsewhere.example.com',
    ],
    [
      'that is not there',
      {},
      (_request, response) => response.writeHead(404).end(),
      'False SourceUnavailable HOST answered 404',
    ],
    ['that is no archive', {}, (_request, response) => response.end('no archive'.repeat(99)), 'False SourceUnreadable'],
    [
      'that is cut off',
      {},
      (_request, response) => response.end(archive.subarray(0, archive.length - 20)),
      'False SourceUnreadable',
    ],
    [
      'with another digest',
      { digest: `sha256:${'0'.repeat(64)}` },
      (_request, response) => response.end(archive),
      'False SourceDigestMismatch the archive at HOST has digest',
    ],
  ])('%s says so, and does not pass', async (_what, more, listener, said) => {
    const host = await serve(listener);
    await using stage = await stageFor(host);
    const spec = { source: { url: `http://${host}/a.tar.gz`, revision: 'main@sha1:1', ...more } };
    await stage.apply(scanOf('SourceScan', { ...spec, policyRef: { name: 'gate' } }));
    const status = await judged(stage, 'SourceScan');
    expect(saidOf(status)).toContain(said.replace('HOST', host));
    expect(saidOf(status, 'Succeeded')).toBe(saidOf(status));
    expect(status.verdict?.result).toBe('Refused');
    expect(status.compliantArtifact).toBeUndefined();
  });
});
