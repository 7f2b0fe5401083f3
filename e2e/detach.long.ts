import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markProcess } from '@cartographer/laptop';
import { parseJson } from '@cartographer/machinery';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from './carto-process.ts';

const MAIN = join(import.meta.dirname, '../packages/cli/src/main.ts');

type Ended = { readonly code: number; readonly out: string; readonly err: string };

describe('carto up in the background', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'carto-detach-'));
  });
  afterEach(async () => {
    await carto('down');
    await rm(root, { recursive: true, force: true });
  });

  function carto(...args: readonly string[]): Promise<Ended> {
    return new Promise((resolve) => {
      const env = { ...process.env, HOME: root, KUBECONFIG: '' };
      execFile(process.execPath, [MAIN, ...args], { cwd: root, env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
  }
  const up = ['up', '--detach', '--port', '0', '--no-example'];

  async function status(): Promise<{ readonly pid: number }> {
    const { code, out } = await carto('status', '-o', 'json');
    expect(code).toBe(0);
    return parseJson(out) as { pid: number };
  }

  it('is up when the command returns, is found from folders below, and ends with carto down', async () => {
    const started = await carto(...up);
    expect(started).toMatchObject({ code: 0, err: '' });
    expect(started.out).toContain('"carto down" stops everything it started');
    const shown = await carto('status');
    expect(shown.out).toMatch(
      /^carto up: {4}running for \d+s\nfolder: {6}\.carto\nserver: {6}https:\/\/127\.0\.0\.1:\d+\n/,
    );
    expect(shown.out).toContain('no workloads');

    const second = await carto(...up);
    const { pid } = await status();
    expect(second).toMatchObject({ code: 1, out: '' });
    expect(second.err).toContain(`already (process ${pid}, https://127.0.0.1:`);

    const ended = await carto('down');
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(markProcess(pid)).toBeUndefined();
    expect(await carto('down')).toMatchObject({
      code: 3,
      err: expect.stringMatching(/no carto up runs in or above/) as string,
    });
    expect(await carto('status')).toMatchObject({ code: 3 });
    expect(await carto('status', '-o', 'json')).toEqual({ code: 3, out: '{\n  "running": false\n}\n', err: '' });
  });

  it('that was killed is not taken for one that runs, and starts again', async () => {
    await carto(...up);
    const { pid } = await status();
    process.kill(pid, 'SIGKILL');
    await until('it is gone', () => markProcess(pid) === undefined);
    expect(await carto('status')).toMatchObject({ code: 3 });
    expect(await carto(...up)).toMatchObject({ code: 0 });
    expect((await status()).pid).not.toBe(pid);
  });

  it('tells what keeps it from starting', async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port));
    });
    const { code, out, err } = await carto('up', '--detach', '--port', String(port));
    taken.close();
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^carto: port \d+ on 127.0.0.1 is in use by another process/);
    expect(err.trimEnd()).not.toContain('\n');
    expect(await carto('up', '--detach', '--data', '/dev/null/x')).toMatchObject({ code: 1 });
  });

  it('leaves nothing running when Ctrl-C comes while it starts', async () => {
    await mkdir(join(root, '.carto'));
    const child = spawn(process.execPath, [MAIN, ...up], {
      cwd: root,
      stdio: 'ignore',
      env: { ...process.env, HOME: root },
    });
    const log = join(root, '.carto', 'carto.log');
    await until('it has begun', () =>
      readFile(log).then(
        () => true,
        () => false,
      ),
    );
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
    expect(await carto('status')).toMatchObject({ code: 3 });
    // Nobody holds the data folder.
    expect(await carto(...up)).toMatchObject({ code: 0 });
  });
});
