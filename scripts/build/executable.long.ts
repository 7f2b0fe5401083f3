import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeExecutable } from './executable.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

let folder = '';
let program = '';
const env = () => ({ PATH: '/nowhere', HOME: join(folder, 'home') });

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'carto-executable-')));
  program = join(folder, 'carto');
  // The package that scripts/bundle-for-tests.ts made.
  await makeExecutable(ROOT, dirname(dirname(process.env['CARTO_PROGRAM'] ?? '')), program);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the executable', () => {
  it('starts with nothing on the PATH, several at once too, and unpacks itself once', async () => {
    const outcomes = await Promise.all([1, 2, 3].map(() => run(program, ['--version'], { env: env(), cwd: folder })));
    expect(outcomes.map(({ stdout, stderr }) => stdout + stderr)).toEqual(['0.1.0\n', '0.1.0\n', '0.1.0\n']);
    const unpacked = readdirSync(join(folder, 'home/.cache/carto')).filter((name) => name !== 'compiled');
    expect(unpacked).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
  });

  it('says in one line where it cannot unpack itself', () => {
    writeFileSync(join(folder, 'file'), '');
    const cache = { XDG_CACHE_HOME: join(folder, 'file') };
    const { status, stdout, stderr } = spawnSync(program, ['--version'], {
      env: { ...env(), ...cache },
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^carto: cannot unpack itself: .*; name a folder of yours in XDG_CACHE_HOME\n$/);
  });

  it('says in one line that apps written in Node need one', async () => {
    const child = spawn(program, ['up', '--no-example', '--ephemeral', '--port', '0'], { env: env(), cwd: folder });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await expect.poll(() => said).toContain('no node on the PATH');
    child.kill('SIGTERM');
    await ended;
    expect(said).toBe('carto: there is no node on the PATH, which apps written in Node need, the example too\n');
  });

  it('starts itself again in the background, and ends that', async () => {
    const cwd = await mkdtemp(join(folder, 'detached-'));
    const carto = (...args: readonly string[]) => run(program, args, { env: env(), cwd });
    await carto('up', '--detach', '--no-example', '--port', '0');
    expect((await carto('status')).stdout).toContain('https://127.0.0.1:');
    await carto('down');
    await expect(carto('status')).rejects.toThrow('Command failed');
  });

  it('lets the second commit of the example flow in `npm run demo`', async () => {
    const released = { CARTO_NODE: '', CARTO_PROGRAM: program, HOME: join(folder, 'home') };
    const { stdout } = await run(process.execPath, [join(ROOT, 'scripts/demo.ts')], {
      env: { ...process.env, ...released },
    });
    expect(stdout).toContain('Hello from the second commit');
    expect(existsSync(join(folder, 'home/.cache/carto/compiled'))).toBe(true);
  });
});
