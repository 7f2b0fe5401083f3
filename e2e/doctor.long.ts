import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carto as kinds } from '@cartographer/api';
import { type Condition, getPath, isTrue } from '@cartographer/machinery';
import { expect, it } from 'vitest';
import { startCarto, until } from './carto-process.ts';
import { cartoArgv } from './carto-program.ts';

const HELLO = { namespace: 'default', name: 'hello' };

/** Runs a command in a folder; resolves with its exit code and what it printed. */
function runIn(cwd: string, ...args: readonly string[]): Promise<readonly [code: number, out: string]> {
  const [program, ...rest] = cartoArgv(...args);
  const { KUBECONFIG: _, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(program, rest, { cwd, env }, (error, out) => resolve([error === null ? 0 : Number(error.code), out]));
  });
}

it('carto doctor, version, chain and match find a running carto up by its folder, and nothing wrong with it', {
  timeout: 240_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'carto-doctor-'));
  const carto = await startCarto(join(folder, '.carto'));
  try {
    await until('the workload is ready', async () => {
      const { status } = await carto.client.get(kinds.kinds.Workload, HELLO);
      return isTrue(getPath(status, 'conditions') as readonly Condition[] | undefined, 'Ready');
    });
    const [code, out] = await runIn(folder, 'doctor', '-o', 'json');
    const report = JSON.parse(out) as {
      readonly target: object;
      readonly checks: readonly { readonly outcome: string }[];
    };
    expect(report.target).toMatchObject({ name: 'carto up in ./.carto' });
    expect([code, report.checks.filter(({ outcome }) => outcome !== 'fine')]).toEqual([0, []]);
    expect((await runIn(folder, 'version'))[1]).toMatch(/\ncontroller: +\S+ \(inside carto up\)\n/);
    expect(await runIn(folder, 'chain', 'list', '-o', 'name')).toEqual([0, 'clustersupplychain.carto.run/web-app\n']);
    expect((await runIn(folder, 'chain', 'graph', '--owner', 'hello'))[1]).toMatch(/: ● ready\n\nSTEP/);
    expect(await runIn(folder, 'match', 'hello')).toEqual([
      0,
      expect.stringContaining('served by ClusterSupplyChain web-app'),
    ]);
  } finally {
    await carto.end('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  }
});
