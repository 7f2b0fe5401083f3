import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OLDEST_NODE } from './bundle.ts';
import { otherNode } from './other-node.ts';
import { pack } from './pack.ts';

const ROOT = join(import.meta.dirname, '../..');
const RUNS_ON = [OLDEST_NODE, process.versions.node, '26.10.0'];
const TOO_OLD = ['20.20.0', '12.9.0'];
const run = promisify(execFile);

let folder = '';
let bin = '';

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'carto-installed-')));
  // The package that scripts/bundle-for-tests.ts made.
  const made = dirname(dirname(process.env['CARTO_PROGRAM'] ?? ''));
  const tarball = await pack(made, folder);
  await run('npm', ['install', '--global', '--offline', '--no-audit', '--prefix', join(folder, 'installed'), tarball]);
  bin = join(folder, 'installed/bin');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function nodeOf(version: string): Promise<string> {
  return version === process.versions.node ? process.execPath : otherNode(version);
}

/** Runs an installed program as a shell does, where that Node is the first on the PATH. */
async function started(version: string, program: string, ...args: readonly string[]) {
  const path = [dirname(await nodeOf(version)), '/usr/bin', '/bin'].join(delimiter);
  const { status, stdout, stderr } = spawnSync(join(bin, program), args, {
    cwd: folder,
    env: { PATH: path, HOME: join(folder, 'home') },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe.each(RUNS_ON)('the installed package on Node %s', (version) => {
  it.each(['carto', 'kubectl-carto'])(
    '%s starts, and nothing is said of what Node finds experimental',
    async (name) => {
      expect(await started(version, name, '--version')).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' });
      const { status, stdout, stderr } = await started(version, name, '--help');
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toContain('Usage: carto');
    },
  );

  it('finds what an advisory says', async () => {
    const args = ['scan', join(ROOT, 'examples/cve/direct'), '--advisories', join(ROOT, 'examples/cve/advisories')];
    const { status, stdout, stderr } = await started(version, 'carto', ...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('GHSA-xvch-5gv4-984h');
  });

  it('lets the second commit of the example flow, with one write a step, in `npm run demo`', async () => {
    const env = { ...process.env, CARTO_NODE: await nodeOf(version), CARTO_PROGRAM: join(bin, 'carto') };
    const { stdout } = await run(process.execPath, [join(ROOT, 'scripts/demo.ts')], { env });
    expect(stdout).toContain('Hello from the second commit');
    expect(stdout).not.toMatch(/Warning/);
  });
});

describe.each(TOO_OLD)('the installed package on Node %s', (version) => {
  it.each(['carto', 'kubectl-carto', 'kubectl_complete-carto'])('%s says in one line what it needs', async (name) => {
    expect(await started(version, name, '--help')).toEqual({
      status: 1,
      stdout: '',
      stderr: `carto: needs Node 22.19 or newer, and this is ${version}; install a newer one first on the PATH\n`,
    });
  });
});
