import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock, type Embedded, selfSigned, startEmbedded } from '@cartographer/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findRun, leaveWord, type Run, readRun } from './running.ts';

describe('the word that a running carto up leaves in its data folder', () => {
  let embedded: Embedded;
  let server = '';
  let root: string;
  let dir: string;
  beforeAll(async () => {
    embedded = await startEmbedded();
    server = (await embedded.server.listen({ port: 0 })).url;
  });
  afterAll(() => embedded.close());
  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'carto-running-')));
    dir = join(root, '.carto');
    await mkdir(dir);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const run = (changes: Partial<Run> = {}): Run => ({
    pid: process.pid,
    server,
    caPem: embedded.server.caPem,
    kubeconfig: join(dir, 'kubeconfig'),
    dir,
    startedAt: '2026-01-02T03:04:05Z',
    version: '1.2.3',
    questions: { url: 'https://127.0.0.1:9444', serverName: 'scanner.system.svc' },
    ...changes,
  });

  it('leads others to it, and is for its user alone', async () => {
    await leaveWord(run());
    expect(await readRun(dir)).toEqual(run());
    expect((await stat(join(dir, 'running.json'))).mode & 0o777).toBe(0o600);
  });

  it('is taken away at the end', async () => {
    const takeAway = await leaveWord(run());
    await takeAway();
    expect(await readdir(dir)).toEqual([]);
    expect(await readRun(dir)).toBeUndefined();
    await takeAway();
  });

  it('stays when another run has left its own meanwhile', async () => {
    const takeAway = await leaveWord(run({ startedAt: '2026-01-01T00:00:00Z' }));
    await leaveWord(run());
    await takeAway();
    expect(await readRun(dir)).toEqual(run());
  });

  it('counts as none when its process is gone', async () => {
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(child, 'exit');
    await leaveWord(run({ pid: child.pid ?? 0 }));
    expect(await readRun(dir)).toBeUndefined();
  });

  it('counts as none when another process has its id, and nobody its port', async () => {
    const other = createServer();
    const port = await listening(other);
    other.close();
    await leaveWord(run({ server: `https://127.0.0.1:${port}` }));
    expect(await readRun(dir)).toBeUndefined();
  });

  it('counts as none when others have its process id and its port', async () => {
    const { certPem: cert, keyPem: key } = await selfSigned(['127.0.0.1']);
    const other = createHttpsServer({ cert, key }, (_request, response) => response.end('{}'));
    await leaveWord(run({ server: `https://127.0.0.1:${await listening(other)}` }));
    expect(await readRun(dir)).toBeUndefined();
    other.close();
  });

  it('is not taken for none while its process has the port and says nothing', async () => {
    const silent = createServer(() => undefined);
    await leaveWord(run({ server: `https://127.0.0.1:${await listening(silent)}` }));
    const clock = createFakeClock();
    const reading = readRun(dir, { clock });
    reading.catch(() => undefined);
    await once(silent, 'connection');
    await clock.advance(15_000);
    await expect(reading).rejects.toThrow(`process ${process.pid}) has not answered for 15 s`);
    silent.close();
  });

  it.each(['', '{', '[]', '{"pid": 1}', '{"pid": "1", "server": 5}', '{"pid": -1}', 'null'])(
    'counts as none when it is %j',
    async (text) => {
      await writeFile(join(dir, 'running.json'), text);
      expect(await readRun(dir)).toBeUndefined();
    },
  );

  it('is found from the folder around it, from folders below, and from inside', async () => {
    await leaveWord(run());
    const deep = join(root, 'app', 'src');
    await mkdir(deep, { recursive: true });
    for (const from of [root, deep, dir, join(dir, 'hello')]) expect(await findRun(from)).toEqual(run());
    expect(await findRun(tmpdir())).toBeUndefined();
  });

  it('of the nearest folder comes first, unless nothing runs there', async () => {
    const near = join(root, 'app', '.carto');
    await mkdir(near, { recursive: true });
    await leaveWord(run());
    const takeAway = await leaveWord(run({ dir: near }));
    expect((await findRun(join(root, 'app')))?.dir).toBe(near);
    await takeAway();
    expect((await findRun(join(root, 'app')))?.dir).toBe(dir);
  });
});

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
