import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClusterProcess, createClusterProcess, type ProcessSpec } from './cluster-process.ts';
import { createReaper } from './reaper.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function prepare(spec: ProcessSpec): ClusterProcess {
  const folder = mkdtempSync(join(tmpdir(), 'carto-reaper-'));
  const reaper = createReaper(folder);
  ends.push(() => reaper.close());
  return createClusterProcess(spec, { reaper, clock: systemClock, logFile: join(folder, 'log') });
}

const shell = (script: string): readonly string[] => ['/bin/sh', '-c', script];

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn += 1) {
    if (turn > 500) throw new Error('it did not come to hold');
    await systemClock.sleep(10);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

describe('a process of a cluster', () => {
  it('is started, killed, and started again', async () => {
    const sleeper = prepare({ name: 'sleeper', argv: ['sleep', '60'] });
    await sleeper.start();
    const first = sleeper.pid ?? 0;
    expect(await sleeper.end()).toBe('SIGKILL');
    expect(isAlive(first)).toBe(false);
    await sleeper.start();
    expect(sleeper.pid).not.toBe(first);
  });

  it('ends by SIGKILL while it is paused', async () => {
    const sleeper = prepare({ name: 'sleeper', argv: ['sleep', '60'] });
    await sleeper.start();
    sleeper.pause();
    expect(await sleeper.end()).toBe('SIGKILL');
  });

  it('takes with it what it started itself', async () => {
    const parent = prepare({ name: 'parent', argv: shell('sleep 60 & echo $!; wait') });
    await parent.start();
    await until(() => parent.logTail() !== '');
    const child = Number(parent.logTail());
    await parent.end();
    await until(() => !isAlive(child));
  });

  it('that ends before it is ready fails with its last words', async () => {
    const failing = prepare({ name: 'failing', argv: shell('echo no such flag; exit 3'), ready: async () => false });
    await expect(failing.start()).rejects.toThrow('failing ended with 3:\nno such flag');
  });

  it('that does not exist fails', async () => {
    const missing = prepare({ name: 'missing', argv: ['/no/such/program'], ready: async () => false });
    await expect(missing.start()).rejects.toThrow('ENOENT');
  });
});

it('nothing and no folder is left when the test process is killed, even of a paused process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'carto-reaper-'));
  const scripts = mkdtempSync(join(tmpdir(), 'carto-script-'));
  ends.push(async () => rmSync(scripts, { recursive: true, force: true }));
  const script = join(scripts, 'parent.ts');
  const at = (file: string): string => JSON.stringify(join(import.meta.dirname, file));
  writeFileSync(
    script,
    `import { createReaper } from ${at('reaper.ts')};
     import { createClusterProcess } from ${at('cluster-process.ts')};
     const sleeper = createClusterProcess(
       { name: 'sleeper', argv: ['sleep', '60'] },
       { reaper: createReaper(${JSON.stringify(folder)}), clock: { now: () => Date.now() }, logFile: ${JSON.stringify(join(folder, 'log'))} },
     );
     await sleeper.start();
     sleeper.pause();
     console.log(sleeper.pid);
     setInterval(() => undefined, 1000);`,
  );
  const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  parent.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  await until(() => printed.endsWith('\n'));
  const pid = Number(printed);
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await until(() => !isAlive(pid) && !existsSync(folder));
});
