import { Buffer } from 'node:buffer';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { silentLog } from '@cartographer/machinery';
import { portToComeBackTo } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ArtifactServer, startArtifactServer } from './artifact-server.ts';
import { makeTempFolder } from './git/testing/repository.ts';
import { muteConnections } from './testing/crowd.ts';

let temp: Awaited<ReturnType<typeof makeTempFolder>>;
let server: ArtifactServer;
const PATH = 'gitrepository/team/shop/abc.tar.gz';
const start = (maxConnections?: number): Promise<ArtifactServer> =>
  startArtifactServer({
    root: join(temp.path, 'artifacts'),
    portFile: join(temp.path, 'port'),
    log: silentLog,
    maxConnections,
  });

beforeEach(async () => {
  temp = await makeTempFolder();
  await mkdir(join(temp.path, 'artifacts/gitrepository/team/shop'), { recursive: true });
  await writeFile(join(temp.path, 'artifacts', PATH), 'bytes');
  server = await start();
});
afterEach(async () => {
  await server.close();
  await temp.remove();
});

/** Sends a request line as it is; fetch would tidy the path. */
function raw(line: string, host = '127.0.0.1'): Promise<string> {
  const [, port] = server.host.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write(`${line} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`),
    );
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

describe('the artifact server', () => {
  it('serves archives on loopback', async () => {
    const response = await fetch(server.urlOf(PATH));
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'application/gzip',
      'bytes',
    ]);
    const head = await fetch(server.urlOf(PATH), { method: 'HEAD' });
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['5', '']);
    expect(server.urlOf(PATH)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/gitrepository\/team\/shop\/abc\.tar\.gz$/);
  });

  it('serves nothing else', async () => {
    await writeFile(join(temp.path, 'secret.tar.gz'), 'secret');
    await writeFile(join(temp.path, 'artifacts/gitrepository/team/shop/.tmp-1'), 'half');
    await symlink(join(temp.path, 'secret.tar.gz'), join(temp.path, 'artifacts/gitrepository/team/shop/link.tar.gz'));
    const paths = [
      '/',
      '/gitrepository/team/shop/',
      '/../secret.tar.gz',
      '/a/../../../secret.tar.gz',
      '/gitrepository/team/shop/.tmp-1',
    ];
    const more = [
      '/a/b/..%2f..%2f/secret.tar.gz',
      '/gitrepository/team/shop/link.tar.gz',
      '/gitrepository/team/shop/no.tar.gz',
      '//x',
    ];
    for (const path of [...paths, ...more]) expect(await raw(`GET ${path}`)).toMatch(/^HTTP\/1.1 404/);
    expect(await raw(`DELETE /${PATH}`)).toMatch(/^HTTP\/1.1 405/);
  });

  it('answers to the names of this machine only, so that no page of another site can read it', async () => {
    expect(await raw(`GET /${PATH}`, 'localhost:1')).toMatch(/^HTTP\/1.1 200/);
    for (const host of ['evil.example', `127.0.0.1.evil.example:${server.host.split(':')[1]}`])
      expect(await raw(`GET /${PATH}`, host)).toMatch(/^HTTP\/1.1 421 Misdirected Request/);
  });

  it('serves while others hold connections and say nothing', async () => {
    await server.close();
    server = await start(3);
    const crowd = await muteConnections(server.host, 10);
    expect((await fetch(server.urlOf(PATH))).status).toBe(200);
    await expect.poll(crowd.closed).toBe(8);
    crowd.leave();
  });

  it('keeps its port over a restart, and takes another when that is in use', async () => {
    await server.close();
    await writeFile(join(temp.path, 'port'), String(await portToComeBackTo()));
    server = await start();
    const { host } = server;
    await server.close();
    server = await start();
    expect(server.host).toBe(host);
    const second = await start();
    expect(second.host).not.toBe(host);
    await second.close();
    await writeFile(join(temp.path, 'port'), 'nonsense');
    const third = await start();
    await third.close();
  });
});
