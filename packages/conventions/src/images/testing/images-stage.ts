import { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type Log, silentLog } from '@cartographer/machinery';
import {
  createRegistryClient,
  type Descriptor,
  type DestinationRules,
  digestOf,
  mediaTypes,
  tarEnd,
  tarHeader,
  tarPadding,
} from '@cartographer/oci';
import { createFakeClock, type FakeClock, type SelfSigned } from '@cartographer/testkit';
import { createImageFacts, type ImageFactsOptions, type ImageFactsSource } from '../image-facts.ts';
import { createHeldLogins, type HeldLogins } from './held-logins.ts';

/** An image to be pushed. */
type StagedImage = {
  readonly config?: object;
  /** Files of its only layer. */
  readonly files?: Readonly<Record<string, string>>;
  /** Left out where they are to follow from the layer. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Names its layer in the label of buildpacks. */
  readonly hasBuildpackBoms?: boolean;
};

/** A registry on this machine with repositories in memory, a cluster with pull secrets, and what looks images up. */
export type ImagesStage = AsyncDisposable &
  Omit<HeldLogins, 'client'> & {
    readonly host: string;
    readonly clock: FakeClock;
    readonly images: ImageFactsSource;
    /** `METHOD KIND NAME TARGET` of what was asked since it was looked at last, logins left out. */
    asked(): readonly string[];
    /** What was logged. */
    readonly warnings: readonly object[];
    /** Pushes an image; its digest. */
    push(repository: string, image?: StagedImage, tag?: string): string;
    pushIndex(
      repository: string,
      manifests: readonly { readonly digest: string; readonly platform: object; readonly annotations?: object }[],
    ): string;
    /** Pushes bytes as they are under a digest or tag of their own choice. */
    put(repository: string, target: string, document: object | Buffer, mediaType?: string): Descriptor;
    /** What refers to an image, by `REPOSITORY@DIGEST`; `noReferrers` for a registry without that API. */
    readonly referrers: Map<string, readonly object[]>;
    /** Logins that a repository wants, `USER:PASSWORD`; without an entry it is open to all. */
    readonly locks: Map<string, readonly string[]>;
    /** Answers in the place of the registry, by `KIND NAME TARGET`. */
    readonly plays: Map<string, (request: IncomingMessage, response: ServerResponse) => void>;
  };

/** How a stage is set. */
export type ImagesSetting = Partial<ImageFactsOptions> & {
  readonly hasReferrersApi?: boolean;
  /** Speaks TLS as this server. */
  readonly tls?: SelfSigned;
  /** Authorities that are trusted besides. */
  readonly caPem?: string;
  /** Where registries may be; this one unless said otherwise. */
  readonly destinations?: (host: string) => DestinationRules;
};

/** Starts an {@link ImagesStage}. */
export async function createImagesStage({
  hasReferrersApi = true,
  tls,
  caPem,
  destinations = (host) => ({ allowed: [host], plainHttp: tls === undefined ? [host] : [] }),
  ...setting
}: ImagesSetting = {}): Promise<ImagesStage> {
  const clock = createFakeClock();
  const stored = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  const [referrers, locks, plays] = [new Map(), new Map(), new Map()] as [
    ImagesStage['referrers'],
    Map<string, readonly string[]>,
    ImagesStage['plays'],
  ];
  const warnings: object[] = [];
  let asked: string[] = [];

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '');
    const [, name = '', kind = '', target = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|referrers|tags)\/(.+)$/.exec(path) ?? [];
    const lock = locks.get(name);
    const login = Buffer.from((request.headers.authorization ?? '').slice(6), 'base64').toString();
    if (lock !== undefined && login === '') return send(response, 401, '', { 'www-authenticate': 'Basic realm="r"' });
    asked.push(`${request.method ?? ''} ${kind} ${name} ${target}`);
    if (lock !== undefined && !lock.includes(login)) return send(response, 403);
    const play = plays.get(`${kind} ${name} ${target}`);
    if (play !== undefined) return play(request, response);
    if (kind === 'tags') {
      const tags = [...stored.keys()].filter((key) => key.startsWith(`${name} `) && !key.includes('sha256:'));
      return send(response, 200, JSON.stringify({ name, tags: tags.map((key) => key.slice(name.length + 1)) }));
    }
    if (kind === 'referrers') {
      if (!hasReferrersApi) return send(response, 404);
      const manifests = referrers.get(`${name}@${target}`) ?? [];
      return send(response, 200, JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));
    }
    const found = stored.get(`${name} ${target}`);
    if (found === undefined) return send(response, 404, '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
    const digest = digestOf(found.bytes);
    const headers = {
      'content-type': found.type,
      'docker-content-digest': digest,
      'content-length': String(found.bytes.length),
    };
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : found.bytes);
  }

  const server =
    tls === undefined ? createServer(answer) : createTlsServer({ cert: tls.certPem, key: tls.keyPem }, answer);
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const logins = createHeldLogins(host);
  const log: Log = { ...silentLog, warn: (fields) => void warnings.push(fields) };
  const registries = createRegistryClient({
    clock,
    random: () => 0,
    destinations: destinations(host),
    attempts: 1,
    ...(caPem === undefined ? {} : { caPem }),
  });
  const images = createImageFacts({
    client: logins.client,
    registries,
    clock,
    log,
    pullSecretsCommand: (namespace) => `let them read in ${namespace}`,
    ...setting,
  });

  const put: ImagesStage['put'] = (repository, target, document, mediaType = mediaTypes.manifest) => {
    const bytes = Buffer.isBuffer(document) ? document : Buffer.from(JSON.stringify(document));
    const digest = digestOf(bytes);
    stored.set(`${repository} ${digest}`, { bytes, type: mediaType });
    if (target !== '') stored.set(`${repository} ${target}`, { bytes, type: mediaType });
    return { mediaType, digest, size: bytes.length };
  };

  return {
    ...logins,
    host,
    clock,
    images,
    warnings,
    referrers,
    locks,
    plays,
    put,
    asked() {
      const before = asked;
      asked = [];
      return before;
    },
    push(repository, { config = {}, files = { 'a.txt': 'a' }, labels = {}, hasBuildpackBoms = false } = {}, tag = '') {
      const tar = tarOf(files);
      const diffId = digestOf(tar);
      const layer = put(repository, '', gzipSync(tar), mediaTypes.layer);
      const own = hasBuildpackBoms ? { 'io.buildpacks.app.sbom': diffId } : {};
      const document = {
        os: 'linux',
        architecture: 'amd64',
        config: { Labels: { ...own, ...labels } },
        rootfs: { type: 'layers', diff_ids: [diffId] },
        ...config,
      };
      const configAt = put(repository, '', document, mediaTypes.config);
      const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config: configAt, layers: [layer] };
      return put(repository, tag, manifest).digest;
    },
    pushIndex(repository, manifests) {
      const listed = manifests.map((each) => ({ mediaType: mediaTypes.manifest, size: 1, ...each }));
      const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: listed };
      return put(repository, '', index, mediaTypes.index).digest;
    },
    async [Symbol.asyncDispose]() {
      await images.close();
      await registries.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(
  response: ServerResponse,
  status: number,
  body = '',
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

function tarOf(files: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(files).flatMap(([path, text]) => {
    const bytes = Buffer.from(text);
    return [
      tarHeader({ kind: 'file', path, executable: false, sizeBytes: bytes.length }),
      bytes,
      tarPadding(bytes.length),
    ];
  });
  return Buffer.concat([...parts, tarEnd()]);
}
