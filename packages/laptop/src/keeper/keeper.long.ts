import type { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { silentLog } from '@cartographer/machinery';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../testing/laptop.ts';
import { createKeeper, type Keeper, type KeptProcess } from './keeper.ts';
import { markProcess, writeProcessRecord } from './process-record.ts';

const NODE = process.execPath;
const FOREVER = 'setInterval(() => {}, 1000)';
/** Starts a child of its own, prints its pid, and ignores gentle requests. */
const STUBBORN = `
  process.on('SIGTERM', () => {});
  const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(`process.on('SIGTERM', () => {});${FOREVER}`)}]);
  console.log(child.pid);
  ${FOREVER}
`;
/** Starts a daemon in a session of its own and prints its pid. */
const DAEMON = `
  const options = { detached: true, stdio: 'ignore' };
  console.log(require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(FOREVER)}], options).pid);
  ${FOREVER}
`;
const HAS_PROC = existsSync('/proc/self/environ');

function isAlive(pid: number): boolean {
  return markProcess(pid) !== undefined;
}

describe('the keeper', () => {
  let folder: string;
  let keeper: Keeper | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'carto-keeper-'));
  });
  afterEach(async () => {
    await keeper?.close();
    keeper = undefined;
    await rm(folder, { recursive: true, force: true });
  });
  const open = async (): Promise<Keeper> => {
    keeper = await createKeeper({ clock: systemClock, log: silentLog, recordFile: join(folder, 'processes.json') });
    return keeper;
  };
  const run = async (script: string, maxLogBytes?: number): Promise<KeptProcess> => {
    const spec = { argv: [NODE, '-e', script], env: { A: 'b' }, cwd: folder, logFile: join(folder, 'log') };
    return (keeper ?? (await open())).start({ ...spec, maxLogBytes });
  };
  const logged = async (): Promise<string> => {
    await until(async () => (await readFile(join(folder, 'log'), 'utf8').catch(() => '')).includes('\n'));
    return readFile(join(folder, 'log'), 'utf8');
  };

  it('runs a program with its environment and folder, and tells how it ended', async () => {
    const program = await run('console.log(process.cwd(), process.env.A); console.error("bad"); process.exit(3)');
    expect(await program.exited).toEqual({ code: 3, signal: null, tail: expect.stringContaining(`${folder} b\n`) });
    expect(await logged()).toContain('bad\n');
  });

  it('names a program that does not exist', async () => {
    const spec = { argv: ['no-such-program'], env: {}, cwd: folder, logFile: join(folder, 'log') };
    await expect((await open()).start(spec)).rejects.toThrow('cannot run no-such-program: no-such-program not found');
  });

  it('ends a program that ignores gentle requests, and its children with it', async () => {
    const program = await run(STUBBORN);
    const child = Number(await logged());
    expect(await program.stop(50)).toMatchObject({ signal: 'SIGKILL' });
    await until(() => !isAlive(child));
  });

  it.skipIf(!HAS_PROC)('ends a daemon that left the process group, together with its program', async () => {
    const program = await run(DAEMON);
    const daemon = Number(await logged());
    expect(isAlive(daemon)).toBe(true);
    await program.stop(1_000);
    await until(() => !isAlive(daemon));
  });

  it.skipIf(!HAS_PROC)('ends daemons that were left behind, keeper and all, at the next start', async () => {
    const program = await run(DAEMON);
    const daemon = Number(await logged());
    const marks = JSON.parse(await readFile(join(folder, 'processes.json'), 'utf8')) as {
      pid: number;
      isKeeper?: true;
    }[];
    for (const { pid } of marks.toSorted((a) => (a.isKeeper === true ? -1 : 1))) process.kill(pid, 'SIGKILL');
    await program.exited;
    await keeper?.close();
    await open();
    await until(() => !isAlive(daemon));
  });

  it('ends everything when it is closed', async () => {
    const programs = [await run(FOREVER), await run(FOREVER)];
    await keeper?.close();
    for (const { pid, exited } of programs) {
      await exited;
      expect(isAlive(pid)).toBe(false);
    }
  });

  it('keeps logs small', async () => {
    const program = await run('for (let i = 0; i < 4000; i++) console.log("line " + i)', 8_192);
    await program.exited;
    expect((await stat(join(folder, 'log'))).size).toBeLessThanOrEqual(8_192);
    expect((await stat(join(folder, 'log.1'))).size).toBeLessThanOrEqual(8_192);
    expect(await logged()).toMatch(/line 3999\n$/);
  });

  it('leaves nothing behind when its parent is killed with -9', async () => {
    const script = `
      import { createKeeper } from ${JSON.stringify(join(import.meta.dirname, 'keeper.ts'))};
      import { systemClock } from '@cartographer/kube';
      import { silentLog } from '@cartographer/machinery';
      const keeper = await createKeeper({ clock: systemClock, log: silentLog, recordFile: ${JSON.stringify(join(folder, 'p.json'))} });
      const spec = { env: {}, cwd: '/', logFile: ${JSON.stringify(join(folder, 'log'))} };
      const { pid } = await keeper.start({ ...spec, argv: [process.execPath, '-e', ${JSON.stringify(STUBBORN)}] });
      console.log(pid);
      setInterval(() => {}, 1000);
    `;
    const file = join(import.meta.dirname, `.parent-${process.pid}.tmp.ts`);
    await writeFile(file, script);
    const parent = spawn(NODE, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const pid = Number(await new Promise<Buffer>((resolve) => parent.stdout.once('data', resolve)));
      const child = Number(await logged());
      expect([isAlive(pid), isAlive(child)]).toEqual([true, true]);
      parent.kill('SIGKILL');
      await until(() => !isAlive(pid) && !isAlive(child));
      // The keeper's last act: until then it writes into the folder.
      await until(() => !existsSync(join(folder, 'p.json')));
    } finally {
      parent.kill('SIGKILL');
      await rm(file, { force: true });
    }
  });

  it('ends at its start what an earlier run left behind, but no other process that got the id', async () => {
    const leftover = spawn(NODE, ['-e', FOREVER], { detached: true, stdio: 'ignore' });
    const stranger = spawn(NODE, ['-e', FOREVER], { detached: true, stdio: 'ignore' });
    try {
      const marks = [markProcess(leftover.pid ?? 0), { pid: stranger.pid ?? 0, startedAt: 'before' }];
      writeProcessRecord(
        join(folder, 'processes.json'),
        marks.filter((mark) => mark !== undefined),
      );
      await open();
      await until(() => !isAlive(leftover.pid ?? 0));
      expect(isAlive(stranger.pid ?? 0)).toBe(true);
    } finally {
      leftover.kill('SIGKILL');
      stranger.kill('SIGKILL');
    }
  });
});
