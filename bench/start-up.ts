import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, createHttpTransport, loadKubeconfig, systemClock } from '@cartographer/kube';
import { ensureBuilt } from '@cartographer/ytt';
import { makePackage } from '../scripts/build/package.ts';
import { median, type Row } from './row.ts';

const HELP_RUNS = 20;
const UP_RUNS = 5;
const POLL_MS = 2;
/** Of the first `carto up` in a folder, from its start. */
const ANSWERS_WITHIN_MS = 1_500;
const HELP_ABOVE_NODE_MS = 40;

/** What is released, from its start, beside the start of a bare Node process. Each is started once unmeasured. */
export async function measureStartUp(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'carto-bench-'));
  try {
    const program = await packageIn(folder);
    const bare = least(HELP_RUNS, () => timed(['-e', '0']));
    const help = least(HELP_RUNS, () => timed([program, '--help']));
    const floor = { name: 'bare node', value: bare };
    const applied: number[] = [];
    const answered: number[] = [];
    for (let run = 0; run <= UP_RUNS; run += 1) {
      applied.push(await upUntil(program, ['--ephemeral', '--no-example'], firstApply));
      answered.push(await upUntil(program, [], exampleAnswers));
    }
    return [
      {
        name: 'carto --help, above bare node',
        value: help - bare,
        unit: 'ms',
        floor,
        goal: { of: 'value', atMost: HELP_ABOVE_NODE_MS },
      },
      {
        name: 'carto up to the first apply accepted over HTTPS',
        value: median(applied.slice(1)),
        unit: 'ms',
        floor,
        goal: { of: 'value', atMost: 1_000 },
      },
      {
        name: 'carto up to the example that answers',
        value: median(answered.slice(1)),
        unit: 'ms',
        floor,
        goal: { of: 'value', atMost: ANSWERS_WITHIN_MS },
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @throws Error without Go, which builds ytt. */
async function packageIn(folder: string): Promise<string> {
  const ytt = await ensureBuilt({ env: process.env, say: () => undefined });
  if (ytt.kind === 'noGo') throw new Error(ytt.message);
  const target = join(folder, 'carto');
  await makePackage({ root: join(import.meta.dirname, '..'), folder: target, ytt: ytt.path });
  return join(target, 'bin/carto.cjs');
}

/** The least of several, which other work on the machine disturbs least; the first, which fills caches, does not count. */
function least(runs: number, measure: () => number): number {
  measure();
  return Math.min(...Array.from({ length: runs }, measure));
}

function timed(args: readonly string[]): number {
  const startedMs = performance.now();
  spawnSync(process.execPath, args, { stdio: 'ignore' });
  return performance.now() - startedMs;
}

/** What a run of `carto up` has shown. */
type Seen = { readonly kubeconfig: string; readonly output: () => string };

/** Milliseconds from the start of `carto up` in a new folder until something holds. */
async function upUntil(
  program: string,
  flags: readonly string[],
  holds: (seen: Seen) => Promise<boolean>,
): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'carto-bench-'));
  const kubeconfig = join(dir, 'kubeconfig');
  const startedMs = performance.now();
  const child = spawn(process.execPath, [program, 'up', '--port', '0', '--kubeconfig-out', kubeconfig, ...flags], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  try {
    while (!(await holds({ kubeconfig, output: () => text }))) {
      refuseEnded(child);
      await systemClock.sleep(POLL_MS);
    }
    return performance.now() - startedMs;
  } finally {
    child.kill('SIGTERM');
    await ended;
    await rm(dir, { recursive: true, force: true });
  }
}

function refuseEnded({ exitCode }: ChildProcess): void {
  if (exitCode !== null) throw new Error(`carto up ended with ${exitCode}`);
}

async function firstApply({ kubeconfig }: Seen): Promise<boolean> {
  if (!existsSync(kubeconfig) || !readFileSync(kubeconfig, 'utf8').includes('current-context')) return false;
  const transport = createHttpTransport(loadKubeconfig({ env: {}, path: kubeconfig, clock: systemClock }));
  const client = createClient({ transport, clock: systemClock });
  const type = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'first', namespace: 'default' } };
  await client.apply(type, object, { fieldManager: 'bench' });
  await transport.close();
  return true;
}

/** The address stands in what `carto up` shows as soon as there is one. */
async function exampleAnswers({ output }: Seen): Promise<boolean> {
  const url = /default\/hello.*(http:\/\/127\.0\.0\.1:\d+)/.exec(output())?.[1];
  if (url === undefined) return false;
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
