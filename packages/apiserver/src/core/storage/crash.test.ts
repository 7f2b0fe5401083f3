import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { createTestCore } from '../testing/core.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'crash-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const here = (file: string): string => new URL(file, import.meta.url).href;

/** A server of its own that writes without end and prints a line for each write once it was answered. */
const script = (size: number): string => `
  import { createCore } from ${JSON.stringify(here('../create-core.ts'))};
  import { openSqliteStore } from ${JSON.stringify(here('./sqlite-store.ts'))};
  const clock = { now: () => Date.now(), monotonicMs: () => performance.now(), schedule: () => () => {}, sleep: async () => {} };
  const nothing = () => {};
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log };
  const core = await createCore({ store: openSqliteStore(${JSON.stringify(folder)}), clock, log });
  const info = core.registry.find('', 'v1', 'configmaps');
  const caller = { user: { name: 'u', groups: [] }, fieldManager: 'f', warnings: [] };
  process.on('SIGXFSZ', nothing);
  const writer = async (id) => {
    for (let i = 0; ; i++) {
      const name = 'c-' + id + '-' + i;
      try {
        const { object } = await core.create(info, 'default', { metadata: { name }, data: { x: 'x'.repeat(${size}) } }, {}, caller);
        process.stdout.write(name + ' ' + object.metadata.resourceVersion + '\\n');
      } catch (error) {
        process.stdout.write('refused ' + error.status.code + ' ' + error.message + '\\n');
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, (_, id) => writer(id)));
  const { items } = await core.list(info, { namespace: 'default' });
  process.stdout.write('left ' + items.length + '\\n');
  process.exit(0);
`;

function start(size: number, limitKiB?: number): AsyncIterable<string> {
  const node = [process.execPath, '--input-type=module', '--no-warnings', '-e', script(size)];
  const command = limitKiB === undefined ? node : ['bash', '-c', `ulimit -f ${limitKiB}; exec "$@"`, 'bash', ...node];
  const [program = '', ...args] = command;
  child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return createInterface({ input: child.stdout as NodeJS.ReadableStream });
}

test('every acknowledged write survives kill -9, and versions go on', async () => {
  const acknowledged = new Map<string, number>();
  for await (const line of start(100)) {
    const [name = '', version] = line.split(' ');
    acknowledged.set(name, Number(version));
    if (acknowledged.size === 500) child?.kill('SIGKILL'); // lines that are in the pipe by then count too
  }
  const t = await createTestCore({ store: openSqliteStore(folder) });
  const { items } = await t.core.list(t.info('configmaps'), { namespace: 'default' });
  const stored = new Map(items.map(({ metadata }) => [metadata.name, Number(metadata.resourceVersion)]));
  for (const [name, version] of acknowledged) expect(stored.get(name)).toBe(version);
  const next = await t.create('configmaps', { metadata: { name: 'next' } });
  expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Math.max(...stored.values()));
  await t.core.close();
});

test('a disk that is full refuses writes with a Status that names the folder and keeps what it acknowledged', async () => {
  const acknowledged: string[] = [];
  const refused: string[] = [];
  let left = 0;
  for await (const line of start(20_000, 4_096)) {
    const [word = '', count] = line.split(' ');
    if (word === 'refused') refused.push(line);
    else if (word === 'left') left = Number(count);
    else acknowledged.push(word);
  }
  await (child?.exitCode === null ? once(child, 'exit') : undefined);
  expect(refused.length).toBe(16);
  expect(refused[0]).toContain(`refused 500 data folder ${folder} cannot be written: `);
  expect(left).toBe(acknowledged.length + 1); // and kube-root-ca.crt: memory is where the disk is
  const t = await createTestCore({ store: openSqliteStore(folder) });
  expect(await t.names('configmaps')).toEqual(expect.arrayContaining(acknowledged));
  await t.core.close();
});
