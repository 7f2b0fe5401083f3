import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeProgram } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shellCommand } from './start-command.ts';

/** Says how it was started, and ends by itself when told to, in its own way. */
const APP = `
process.on('SIGTERM', () => setTimeout(() => { console.log('ended in order'); process.exit(0); }, 50));
console.log('up ' + process.argv.slice(2).join(' ') + ' ' + (process.env.COLOUR ?? ''));
setInterval(() => {}, 1000);
`;

function killGroup(pid = 0): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // all of it has ended
  }
}

describe('a command line', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'carto-start-'));
    await mkdir(join(folder, 'sub'));
    await mkdir(join(folder, 'node_modules/.bin'), { recursive: true });
    writeProgram(join(folder, 'node_modules/.bin/tool'), '#!/bin/sh\necho a tool\n');
    await writeFile(join(folder, 'app.js'), APP);
    await writeFile(join(folder, 'sub/app.js'), APP);
    await writeFile(join(folder, 'env.sh'), 'COLOUR=blue; export COLOUR\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const run = (
    command: string,
    from: 'Procfile' | 'package.json' = 'Procfile',
  ): { code: number | null; out: string } => {
    const [program = '', ...args] = shellCommand(command, from);
    const { status, stdout } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
    return { code: status, out: stdout.trim() };
  };

  it.each([
    'node app.js',
    'exec node app.js',
    'command node app.js',
    'COLOUR=blue node app.js',
    'cd sub && node app.js',
    'export COLOUR=blue; node app.js',
    '. ./env.sh && node app.js',
    'ulimit -n 256 && node app.js',
    'test -f app.js && exec node app.js',
    'if true; then node app.js; fi',
    'true\nnode app.js',
    'node app.js 2>&1',
  ])('%j runs, and ends in order when its process group is told to', async (command) => {
    for (const from of ['Procfile', 'package.json'] as const) {
      const [program = '', ...args] = shellCommand(command, from);
      const child = spawn(program, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
      let out = '';
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      while (!out.includes('up')) await once(child.stdout, 'data');
      const closed = once(child, 'close');
      // The keeper's way: what a program leaves behind goes with it.
      child.once('exit', () => killGroup(child.pid));
      process.kill(-(child.pid ?? 0), 'SIGTERM');
      await closed;
      expect(out).toContain('ended in order');
      expect(out.includes('blue')).toBe(/blue|env\.sh/.test(command));
    }
  });

  it.each([
    ['node -e "process.exit(7)"', 7],
    ['true && node -e "process.exit(7)"', 7],
    ['exit 5', 5],
    ['false', 1],
    ['no-such-program', 127],
    ['COLOUR=blue no-such-program', 127],
  ])('%j ends with the exit code %i', (command, code) => {
    expect(run(command).code).toBe(code);
    expect(run(command, 'package.json').code).toBe(code);
  });

  it.each([
    ['echo hello', 'hello'],
    [': nothing', ''],
    ['tool', 'a tool'],
    ['printf "%s-%s" a "b c"', 'a-b c'],
    ['X=1; echo "$X"', '1'],
  ])('%j says %j', (command, out) => {
    expect(run(command)).toEqual({ code: 0, out });
    expect(run(command, 'package.json')).toEqual({ code: 0, out });
  });
});
