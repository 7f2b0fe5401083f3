import { Buffer } from 'node:buffer';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createRegistryClient,
  type Descriptor,
  mediaTypes,
  parseReference,
  type RegistryClient,
} from '@cartographer/oci';
import type { FakeClock } from '@cartographer/testkit';
import { createTestImages, type TestImages } from '../../../inventory/layers/testing/image-of.ts';
import type { ScanTarget } from '../../scan-request.ts';
import type { PullSecrets } from '../pull-secrets.ts';

/** A registry on this machine, with repositories whose images stand in memory. */
export type ServedImages = AsyncDisposable & {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** The images of a repository, which is made when it is first asked for. */
  repository(name: string): TestImages;
  /** What else stands there, by tag: `team/app:latest`. */
  readonly tags: Map<string, Descriptor>;
  /** What refers to a digest, by `team/app@sha256:…`; where it is undefined there is no such API. */
  readonly referrers: Map<string, readonly Descriptor[]> | undefined;
  /** `GET blob sha256:…` of what was asked for since it was looked at last. */
  asked(): readonly string[];
  /** The target of a scan of one of its images. */
  target(repository: string, image: Pick<Descriptor, 'digest'>): Extract<ScanTarget, { kind: 'image' }>;
};

/** How a {@link ServedImages} behaves. */
export type ServedManner = {
  /** Says of whatever is asked by HEAD that it is there. */
  readonly claimsAll?: boolean;
  /** Without the referrers API, as registries before version 1.1 of the specification. */
  readonly isOld?: boolean;
};

/** Starts a {@link ServedImages}. */
export async function serveImages({ claimsAll = false, isOld = false }: ServedManner = {}): Promise<ServedImages> {
  const repositories = new Map<string, TestImages>();
  const tags = new Map<string, Descriptor>();
  const referrers = isOld ? undefined : new Map<string, readonly Descriptor[]>();
  let asked: string[] = [];
  const server = createServer((request, response) => {
    const [, name = '', kind = '', target = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|referrers)\/(.+)$/.exec(decodeURIComponent(request.url ?? '')) ?? [];
    const isHead = request.method === 'HEAD';
    asked.push(`${request.method ?? ''} ${kind.slice(0, -1)} ${target}`);
    if (kind === 'referrers') {
      if (referrers === undefined) answer(response, 404);
      else {
        const manifests = referrers.get(`${name}@${target}`) ?? [];
        const list = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));
        answer(response, 200, list, mediaTypes.index);
      }
      return;
    }
    const digest = tags.get(`${name}:${target}`)?.digest ?? target;
    const bytes = repositories.get(name)?.blobs.get(digest);
    if (bytes !== undefined)
      answer(response, 200, isHead ? bytes.length : bytes, kind === 'manifests' ? typeIn(bytes) : OCTETS);
    else if (claimsAll && isHead) answer(response, 200, 2, kind === 'manifests' ? mediaTypes.manifest : OCTETS);
    else answer(response, 404);
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  server.unref();
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    tags,
    referrers,
    repository(name) {
      const images = repositories.get(name) ?? createTestImages();
      repositories.set(name, images);
      return images;
    },
    asked() {
      const before = asked;
      asked = [];
      return before;
    },
    target(repository, { digest }) {
      const parsed = parseReference(`${host}/${repository}@${digest}`);
      if (parsed.kind === 'refused') throw new Error(parsed.message);
      return { kind: 'image', reference: parsed.reference, digest, account: 'default' };
    },
    [Symbol.asyncDispose]: () => closed(server),
  };
}

const OCTETS = 'application/octet-stream';

/** A client for these registries alone. */
export function clientFor(clock: FakeClock, ...registries: readonly ServedImages[]): RegistryClient {
  const hosts = registries.map(({ host }) => host);
  const destinations = { allowed: hosts, plainHttp: hosts };
  return createRegistryClient({ clock, random: () => 0, destinations, attempts: 1 });
}

/** Accounts that need no login. */
export const openToAll: PullSecrets = {
  loginsFor: ({ namespace, account }) => Promise.resolve({ logins: [], key: `${namespace} ${account}` }),
  hint: () => '',
};

function typeIn(bytes: Buffer): string {
  return (JSON.parse(bytes.toString()) as { mediaType: string }).mediaType;
}

function answer(response: ServerResponse, status: number, body: Buffer | number = 0, type = 'application/json'): void {
  const length = typeof body === 'number' ? body : body.length;
  response.writeHead(status, { 'content-type': type, 'content-length': length });
  response.end(typeof body === 'number' ? undefined : body);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
