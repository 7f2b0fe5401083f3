import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, createHttpTransport, loadKubeconfig, systemClock } from '@cartographer/kube';
import { median, type Row } from './row.ts';

const MAIN = join(import.meta.dirname, '../packages/cli/src/main.ts');
const RUNS = 5;

/** `carto up` to the first apply accepted, beside the start of a bare Node process. */
export async function measureStartUp(): Promise<readonly Row[]> {
  const bare: number[] = [];
  const ours: number[] = [];
  for (let run = 0; run <= RUNS; run += 1) {
    const startedMs = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    const bareMs = performance.now() - startedMs;
    const upMs = await upToFirstApply();
    if (run > 0) {
      bare.push(bareMs);
      ours.push(upMs);
    }
  }
  const floor = { name: 'bare node', value: median(bare) };
  return [
    {
      name: 'carto up to the first apply accepted over HTTPS',
      value: median(ours),
      unit: 'ms',
      floor,
      goal: { of: 'value', atMost: 1_000 },
    },
  ];
}

async function upToFirstApply(): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'carto-bench-'));
  const kubeconfig = join(dir, 'kubeconfig');
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    [MAIN, 'up', '--ephemeral', '--no-example', '--port', '0', '--kubeconfig-out', kubeconfig],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    while (!isWritten(kubeconfig)) await systemClock.sleep(2);
    const transport = createHttpTransport(loadKubeconfig({ env: {}, path: kubeconfig, clock: systemClock }));
    const client = createClient({ transport, clock: systemClock });
    const type = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'first', namespace: 'default' } };
    await client.apply(type, object, { fieldManager: 'bench' });
    const tookMs = performance.now() - startedMs;
    await transport.close();
    return tookMs;
  } finally {
    child.kill('SIGTERM');
    await ended;
    await rm(dir, { recursive: true, force: true });
  }
}

function isWritten(kubeconfig: string): boolean {
  return existsSync(kubeconfig) && readFileSync(kubeconfig, 'utf8').includes('current-context');
}
