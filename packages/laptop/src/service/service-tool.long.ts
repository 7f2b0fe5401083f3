import { Buffer } from 'node:buffer';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, request as send } from 'node:http';
import { join } from 'node:path';
import { getPath, type KubeObject, type ResourceType } from '@cartographer/machinery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageType } from '../image/image.ts';
import { markProcess } from '../keeper/process-record.ts';
import {
  condition,
  imageObject,
  isReady,
  type LaptopFixture,
  nodeApp,
  type SourceServer,
  serviceObject,
  startLaptopFixture,
  startSourceServer,
  until,
} from '../testing/laptop.ts';
import { serviceType } from './service.ts';

const SECRETS: ResourceType = { group: '', version: 'v1', kind: 'Secret', resource: 'secrets', namespaced: true };

const urlOf = (service: KubeObject): string => getPath(service['status'], 'url') as string;

const isAlive = (pid: number): boolean => markProcess(pid) !== undefined;

describe('a Service', () => {
  let laptop: LaptopFixture;
  let sources: SourceServer;
  let count = 0;
  beforeAll(async () => {
    [laptop, sources] = await Promise.all([startLaptopFixture(), startSourceServer()]);
  });
  afterAll(async () => {
    await laptop.close();
    await sources.close();
  });
  const build = async (files: Readonly<Record<string, string>>): Promise<string> => {
    count += 1;
    const name = `image-${count}`;
    await laptop.client.create(imageType, imageObject(name, sources.publish(files)));
    const image = await laptop.until(imageType, name, isReady('True'));
    return getPath(image['status'], 'latestImage') as string;
  };
  const create = (name: string, image: string, container = {}): Promise<KubeObject> =>
    laptop.client.create(serviceType, serviceObject(name, image, container));
  const change = (name: string, image: string, container = {}): Promise<KubeObject> => {
    const body = { spec: serviceObject(name, image, container)['spec'] } as never;
    return laptop.client.patch(serviceType, { namespace: 'default', name }, { kind: 'merge', body });
  };
  const ready = (name: string): Promise<KubeObject> => laptop.until(serviceType, name, isReady('True'));
  const failed = (name: string): Promise<KubeObject> => laptop.until(serviceType, name, isReady('False'));
  const text = async (service: KubeObject, path = '/'): Promise<string> =>
    (await fetch(`${urlOf(service)}${path}`)).text();

  const untilSays = (service: KubeObject, wanted: string): Promise<void> =>
    until(async () => (await text(service).catch(() => '')) === wanted);

  it('runs an image and answers at its address', async () => {
    await create('web', await build(nodeApp('hello')));
    const service = await ready('web');
    expect(await text(service)).toBe('hello');
    expect(service['status']).toMatchObject({
      latestCreatedRevisionName: 'web-00001',
      latestReadyRevisionName: 'web-00001',
      address: { url: getPath(service['status'], 'url') },
      traffic: [{ latestRevision: true, percent: 100, revisionName: 'web-00001' }],
    });
    expect(await readFile(join(laptop.dataDir, 'service/services/default/web/logs/web-00001.log'), 'utf8')).toContain(
      'app says hello',
    );
  });

  it('gives it the environment of its template, Secrets included, and Knative variables', async () => {
    const env = [
      { name: 'A', value: 'a' },
      { name: 'B', value: '$(A)b' },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'credentials', key: 'password' } } },
      { name: 'NONE', valueFrom: { configMapKeyRef: { name: 'none', key: 'x', optional: true } } },
    ];
    await create('env', await build(nodeApp('env')), { env, readinessProbe: { httpGet: { path: '/' } } });
    expect(condition(await failed('env'), 'Ready').message).toContain('secret "credentials" not found');
    const data = { password: Buffer.from('s3cret').toString('base64') };
    const metadata = { namespace: 'default', name: 'credentials' };
    await laptop.client.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata, data });
    const seen = JSON.parse(await text(await ready('env'), '/env')) as Record<string, string>;
    expect(seen).toMatchObject({
      A: 'a',
      B: 'ab',
      PASSWORD: 's3cret',
      NODE_ENV: 'production',
      K_SERVICE: 'env',
      K_REVISION: 'env-00001',
    });
    expect(seen['NONE']).toBeUndefined();
  });

  it('swaps to a new revision without a failed request, and ends the old one', async () => {
    const service = await ready('web');
    const old = Number(await text(service, '/pid'));
    const image = await build(nodeApp('hello again'));
    const answers = new Map<string, number>();
    const end = new AbortController();
    const ask = async (): Promise<void> => {
      while (!end.signal.aborted) {
        const response = await fetch(urlOf(service));
        const answer = `${response.status} ${await response.text()}`;
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    };
    const clients = Promise.all([ask(), ask(), ask(), ask()]);
    await change('web', image);
    const after = await ready('web');
    await until(() => !isAlive(old));
    end.abort();
    await clients;
    expect([...answers.keys()]).toEqual(['200 hello', '200 hello again']);
    expect(after['status']).toMatchObject({
      url: getPath(service['status'], 'url'),
      latestReadyRevisionName: 'web-00002',
    });
    await until(
      async () => (await readdir(join(laptop.dataDir, 'service/services/default/web/revisions'))).length === 1,
    );
  });

  it('keeps the old revision when the new one does not start, with its last words in the condition', async () => {
    await change('web', await build(nodeApp('', { 'server.js': 'console.error("no database"); process.exit(3)' })));
    const service = await failed('web');
    const { reason, message } = condition(service, 'Ready');
    expect(reason).toBe('RevisionFailed');
    expect(message).toMatch(
      /^Revision "web-00003" failed with message: Container failed with: it ended with exit code 3; last lines: no database; log: \/.*web-00003\.log$/,
    );
    expect(condition(service, 'RoutesReady').status).toBe('True');
    expect(await text(service)).toBe('hello again');
    expect(service['status']).toMatchObject({
      latestCreatedRevisionName: 'web-00003',
      latestReadyRevisionName: 'web-00002',
    });
  });

  it('serves the newest revision that has answered after a restart, at the same address, and builds nothing', async () => {
    const before = await laptop.service('web');
    const fetched = sources.fetched();
    await laptop.restart();
    await untilSays(before, 'hello again');
    await failed('web');
    expect(getPath((await laptop.service('web'))['status'], 'latestCreatedRevisionName')).toBe('web-00003');
    expect(sources.fetched()).toBe(fetched);
  });

  it('writes nothing when it is started again and all is as it was', async () => {
    await change('web', await build(nodeApp('third')));
    const before = await ready('web');
    await laptop.restart();
    await untilSays(before, 'third');
    expect((await laptop.service('web')).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it('starts an app that crashes again, later each time, while requests wait for it', async () => {
    await create('crash', await build(nodeApp('alive')));
    const service = await ready('crash');
    const url = urlOf(service);
    const first = await text(service, '/pid');
    expect((await fetch(`${url}/crash`)).status).toBe(502);
    expect(await text(service)).toBe('alive');
    expect(await text(service, '/pid')).not.toBe(first);
    await ready('crash');
  });

  it.each(['GET', 'POST'])('gets a %s that ends it once, and not again when it has started again', async (method) => {
    const server = `
      const { appendFileSync, readFileSync } = require('node:fs');
      require('node:http').createServer((request, response) => {
        if (request.url === '/log') return response.end(readFileSync('log'));
        appendFileSync('log', request.method);
        process.exit(3);
      }).listen(process.env.PORT, '127.0.0.1');
    `;
    const name = `once-${method.toLowerCase()}`;
    await create(name, await build({ ...nodeApp(''), 'server.js': server }));
    const service = await ready(name);
    expect((await fetch(urlOf(service), { method })).status).toBe(502);
    expect(await text(service, '/log')).toBe(method);
  });

  it.each([
    ['another registry', 'docker.io/library/nginx:1', 'is not from a registry on this machine'],
    ['a tag', '127.0.0.1:5000/default/web:latest', 'is not named by a sha256 digest'],
    ['what is not there', `127.0.0.1:1/default/web@sha256:${'0'.repeat(64)}`, 'cannot pull 127.0.0.1:1/default/web'],
  ])('refuses an image of %s', async (name, image, message) => {
    const object = name.replaceAll(' ', '-');
    await create(object, image);
    expect(condition(await failed(object), 'Ready').message).toContain(message);
    await laptop.client.delete(serviceType, { namespace: 'default', name: object });
  });

  it.each([
    ['reserved', { env: [{ name: 'PORT', value: '1' }] }, '"PORT" is a reserved environment variable: '],
    ['odd', { env: [{ name: 'A=B', value: '1' }] }, 'env[0].name: Invalid value: "A=B": a valid environment variable'],
    ['unnamed', { env: [{ name: 'ü', value: '1' }] }, 'must consist only of printable ASCII characters'],
  ])(
    'refuses in its condition what Knative or Kubernetes refuses, if it was stored: %s',
    async (name, container, message) => {
      await create(name, '127.0.0.1:5000/default/web:latest', container);
      expect(condition(await failed(name), 'Ready').message).toContain(message);
      await laptop.client.delete(serviceType, { namespace: 'default', name });
    },
  );

  it('says so when the app does not listen on PORT', async () => {
    const files = nodeApp('', { 'server.js': 'console.log("listening on 3000"); setInterval(() => {}, 1000)' });
    const object = serviceObject('deaf', await build(files));
    const metadata = { annotations: { 'serving.knative.dev/progress-deadline': '1s' } };
    const template = { metadata, ...(getPath(object['spec'], 'template') as object) };
    await laptop.client.create(serviceType, { ...object, spec: { template } });
    const { message } = condition(await failed('deaf'), 'Ready');
    expect(message).toContain('did not answer within 1 s: nothing listens on its port;');
    expect(message).toContain('listen on the port in the variable PORT; last lines: listening on 3000');
  });

  it('runs an app with dependencies, installed without a network', async () => {
    const files = {
      'package.json': JSON.stringify({
        name: 'app',
        scripts: { prestart: 'greet > greeting', start: 'node server.js' },
        dependencies: { greet: 'file:./greet' },
      }),
      'greet/package.json': JSON.stringify({ name: 'greet', version: '1.0.0', main: 'index.js', bin: './greet.sh' }),
      'greet/greet.sh': '#!/bin/sh\necho good morning',
      'greet/index.js': 'module.exports = "from a dependency"',
      'server.js':
        nodeApp('')['server.js']?.replace(
          'response.end("")',
          `response.end(require('node:fs').readFileSync('greeting') + require('greet'))`,
        ) ?? '',
    };
    await create('dependent', await build(files));
    expect(await text(await ready('dependent'))).toBe('good morning\nfrom a dependency');
  });

  it('is asked no more at a time than containerConcurrency, and no longer than timeoutSeconds', async () => {
    const server = `
      let inside = 0;
      require('node:http').createServer((request, response) => {
        if (request.url === '/hang') return;
        inside += 1;
        setImmediate(() => response.end(String(inside--)));
      }).listen(process.env.PORT, '127.0.0.1');
    `;
    const object = serviceObject('limits', await build({ ...nodeApp(''), 'server.js': server }));
    const pod = getPath(object['spec'], 'template', 'spec') as object;
    const spec = { template: { spec: { ...pod, containerConcurrency: 1, timeoutSeconds: 1 } } };
    await laptop.client.create(serviceType, { ...object, spec });
    const service = await ready('limits');
    expect(await Promise.all(Array.from({ length: 8 }, () => text(service)))).toEqual(Array(8).fill('1'));
    const [hung, next] = await Promise.all([fetch(`${urlOf(service)}/hang`), text(service)]);
    expect([hung.status, await hung.text(), next]).toEqual([
      504,
      'request timeout: default/limits took longer than its timeoutSeconds\n',
      expect.stringMatching(/^1$|^request timeout/),
    ]);
  });

  it('serves a static site and passes on upgraded connections and large bodies', async () => {
    await create('site', await build({ 'index.html': '<h1>hi</h1>', '.env': 'SECRET', 'a b.txt': 'blank' }));
    const site = await ready('site');
    expect(await text(site)).toBe('<h1>hi</h1>');
    expect(await text(site, '/a%20b.txt')).toBe('blank');
    expect([await text(site, '/.env'), await text(site, '/..%2f..%2fcarto')]).toEqual(['not found\n', 'not found\n']);

    const server = `
      const server = require('node:http').createServer((request, response) => request.pipe(response));
      server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 101 Switching Protocols\\r\\nconnection: upgrade\\r\\nupgrade: echo\\r\\n\\r\\nhi'));
      server.listen(process.env.PORT, '127.0.0.1');
    `;
    await create('echo', await build({ ...nodeApp(''), 'server.js': server }));
    const url = urlOf(await ready('echo'));
    const body = 'x'.repeat(3_000_000);
    expect((await (await fetch(url, { method: 'POST', body })).text()).length).toBe(body.length);
    const upgraded = await new Promise<string>((resolve, reject) => {
      const out = send(url, { headers: { connection: 'upgrade', upgrade: 'echo' } })
        .once('error', reject)
        .end();
      out.once('upgrade', (_answer, socket, head) => {
        let all = head.toString();
        socket.on('data', (chunk: Buffer) => (all += chunk.toString())).once('end', () => resolve(all));
      });
    });
    expect(upgraded).toBe('hi');
  });

  it('takes another port when its own is used by someone else', async () => {
    const before = await ready('web');
    const { port } = new URL(urlOf(before));
    const thief = createServer();
    const stolen = laptop.restart({
      between: () => new Promise<void>((resolve) => thief.listen({ host: '127.0.0.1', port: Number(port) }, resolve)),
    });
    await stolen;
    const after = await laptop.until(
      serviceType,
      'web',
      (one) => getPath(one['status'], 'url') !== getPath(before['status'], 'url'),
    );
    await untilSays(after, 'third');
    thief.close();
  });

  it('ends with its processes and its data, and begins anew under the same name', async () => {
    const before = await ready('web');
    const pid = Number(await text(before, '/pid'));
    await laptop.client.delete(serviceType, { namespace: 'default', name: 'web' });
    await until(() => !isAlive(pid));
    await create('web', await build(nodeApp('new')));
    expect(getPath((await ready('web'))['status'], 'latestReadyRevisionName')).toBe('web-00001');
  });
});
