import { Buffer } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { systemClock } from '@cartographer/kube';
import { type Condition, getPath, type KubeObject, type ResourceType, silentLog } from '@cartographer/machinery';
import { tarEnd, tarHeader, tarPadding } from '@cartographer/oci';
import { type Embedded, startEmbedded } from '@cartographer/testkit';
import { imageType } from '../image/image.ts';
import { serviceType } from '../service/service.ts';
import { type Laptop, laptopCrds, startLaptop } from '../start.ts';

/** The laptop's tools beside a real embedded API server, in a temporary folder. */
export type LaptopFixture = Embedded & {
  readonly dataDir: string;
  /** The tools as they run now. */
  readonly laptop: () => Laptop;
  /** Stops the tools and starts them again on the same folder and cluster. */
  restart(options?: { readonly between: () => Promise<void> }): Promise<void>;
  image(name: string): Promise<KubeObject>;
  service(name: string): Promise<KubeObject>;
  /** Polls an object until it is as wanted; fails with what it was last. */
  until(type: ResourceType, name: string, holds: (object: KubeObject) => boolean): Promise<KubeObject>;
};

const TIMEOUT_MS = 60_000;
const POLL_MS = 15;

/** Starts the fixture. */
export async function startLaptopFixture(): Promise<LaptopFixture> {
  const dataDir = await mkdtemp(join(tmpdir(), 'carto-laptop-'));
  const embedded = await startEmbedded({ crds: laptopCrds() });
  const { client } = embedded;
  const start = (): Promise<Laptop> =>
    startLaptop({ client, clock: systemClock, log: silentLog, dataDir, random: () => 0.5 });
  let laptop = await start();
  return {
    ...embedded,
    dataDir,
    laptop: () => laptop,
    async restart(options) {
      await laptop.stop();
      await options?.between();
      laptop = await start();
    },
    image: (name) => client.get(imageType, { namespace: 'default', name }),
    service: (name) => client.get(serviceType, { namespace: 'default', name }),
    async until(type, name, holds) {
      let last: KubeObject | undefined;
      await until(
        async () => {
          last = await client.get(type, { namespace: 'default', name });
          return holds(last);
        },
        () => JSON.stringify(last?.['status'], undefined, 1),
      );
      return last as KubeObject;
    },
    async close() {
      await laptop.stop();
      await embedded.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Polls until something holds. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  last: () => string | undefined = () => '',
): Promise<void> {
  const deadline = systemClock.now() + TIMEOUT_MS;
  while (!(await holds())) {
    if (systemClock.now() > deadline) throw new Error(`timed out; last: ${last()}`);
    await systemClock.sleep(POLL_MS);
  }
}

/** The condition of a type. */
export function condition(object: KubeObject, type: string): Partial<Condition> {
  const conditions = getPath(object['status'], 'conditions') as readonly Condition[] | undefined;
  return conditions?.find((one) => one.type === type) ?? {};
}

/** Whether `Ready` has a status for the spec as it is now. */
export function isReady(status: Condition['status']): (object: KubeObject) => boolean {
  return (object) =>
    condition(object, 'Ready').status === status &&
    getPath(object['status'], 'observedGeneration') === object.metadata.generation;
}

/** A tar.gz archive of files. */
function archiveOf(files: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(files).flatMap(([path, text]) => {
    const content = Buffer.from(text);
    const header = tarHeader({ kind: 'file', path, executable: path.endsWith('.sh'), sizeBytes: content.length });
    return [header, content, tarPadding(content.length)];
  });
  return gzipSync(Buffer.concat([...parts, tarEnd()]));
}

/** Serves archives on loopback, as an artifact server does. */
export type SourceServer = {
  /** Publishes a source under a new URL. */
  publish(files: Readonly<Record<string, string>> | Buffer, headers?: Readonly<Record<string, string>>): string;
  /** How often archives were fetched. */
  readonly fetched: () => number;
  close(): Promise<void>;
};

/** Starts a {@link SourceServer}. */
export async function startSourceServer(): Promise<SourceServer> {
  const archives: { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> }[] = [];
  let fetched = 0;
  const server = createServer((request, response) => {
    const archive = archives[Number(/\d+/.exec(request.url ?? '')?.[0])];
    fetched += 1;
    response.writeHead(archive === undefined ? 404 : 200, archive?.headers).end(archive?.body);
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    publish(files, headers = {}) {
      archives.push({ body: Buffer.isBuffer(files) ? files : archiveOf(files), headers });
      return `http://127.0.0.1:${port}/${archives.length - 1}.tar.gz`;
    },
    fetched: () => fetched,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An Image of a source. */
export function imageObject(name: string, url: string, more: Readonly<Record<string, unknown>> = {}): KubeObject {
  const spec = { tag: `127.0.0.1:5000/default/${name}`, source: { blob: { url } }, ...more };
  return { apiVersion: 'kpack.io/v1alpha2', kind: 'Image', metadata: { namespace: 'default', name }, spec };
}

/** A Service of an image. */
export function serviceObject(
  name: string,
  image: string,
  container: Readonly<Record<string, unknown>> = {},
): KubeObject {
  const spec = { template: { spec: { containers: [{ name: 'app', image, ...container }] } } };
  return { apiVersion: 'serving.knative.dev/v1', kind: 'Service', metadata: { namespace: 'default', name }, spec };
}

/** A Node app that answers with a text and some of its environment. */
export function nodeApp(text: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return {
    'package.json': JSON.stringify({ name: 'app', private: true, scripts: { start: 'node server.js' } }),
    'server.js': `
      const { createServer } = require('node:http');
      createServer((request, response) => {
        if (request.url === '/crash') process.exit(7);
        if (request.url === '/pid') return response.end(String(process.pid));
        if (request.url === '/env') return response.end(JSON.stringify(process.env));
        response.end(${JSON.stringify(text)});
      }).listen(process.env.PORT, '127.0.0.1');
      console.log('app says ' + ${JSON.stringify(text)});
    `,
    ...more,
  };
}
