import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { portToComeBackTo } from '@cartographer/testkit';
import pg from 'pg';

/** A real PostgreSQL of this machine, on loopback, with a folder of its own that goes when it is stopped. */
export type PostgresServer = {
  /** Makes an empty database. @returns its URL. */
  readonly createDatabase: () => Promise<string>;
  /** Ends it as a machine that is switched off does: open connections break. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same port, with what it had. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const PACKAGES = '/usr/lib/postgresql';
const TRIES = 600;
const PAUSE_MS = 50;

/**
 * Starts a PostgreSQL from the system's packages.
 * @throws Error with one line that says how to get it, where it is not there and may not be installed.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const programs = findPrograms() ?? installPrograms();
  const owner = process.getuid?.() === 0 ? userIds('postgres') : undefined;
  const folder = mkdtempSync(join(tmpdir(), 'carto-postgres-'));
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  run(join(programs, 'initdb'), ['-D', data, '-U', 'carto', '-A', 'trust', '-E', 'UTF8', '--no-sync'], owner);
  const port = await portToComeBackTo();
  const urlOf = (database: string): string => `postgres://carto@127.0.0.1:${port}/${database}`;
  let child: ChildProcess | undefined;
  let databases = 0;

  const kill = async (): Promise<void> => {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill('SIGQUIT');
    await ended;
  };
  const start = async (): Promise<void> => {
    const options = ['-D', data, '-p', `${port}`, '-k', folder, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'];
    const started = spawn(join(programs, 'postgres'), options, { stdio: ['ignore', 'ignore', 'pipe'], ...owner });
    child = started;
    let said = '';
    started.stderr.on('data', (text: Buffer) => {
      said = (said + text.toString()).slice(-2_000);
    });
    for (let left = TRIES; !(await answers(urlOf('postgres'))); left -= 1) {
      if (left === 0 || started.exitCode !== null) throw new Error(`PostgreSQL does not start: ${said}`);
      await new Promise((resolve) => {
        setTimeout(resolve, PAUSE_MS);
      });
    }
  };
  await start();
  return {
    kill,
    start,
    createDatabase: async () => {
      const name = `store_${(databases += 1)}`;
      await asked(urlOf('postgres'), `create database ${name}`);
      return urlOf(name);
    },
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Sends one statement over a connection of its own. */
export async function asked(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await asked(url, 'select 1');
    return true;
  } catch {
    return false;
  }
}

/** The folder of `initdb` and `postgres`: of the newest version where there are several. */
function findPrograms(): string | undefined {
  if (!existsSync(PACKAGES)) return undefined;
  const versions = readdirSync(PACKAGES).toSorted((left, right) => Number(right) - Number(left));
  return versions.map((version) => join(PACKAGES, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

function installPrograms(): string {
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'postgresql'], {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
  const found = findPrograms();
  if (found !== undefined) return found;
  throw new Error(`no PostgreSQL below ${PACKAGES}: install it with "apt-get install postgresql" and run this again`);
}

function userIds(name: string): { readonly uid: number; readonly gid: number } {
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout));
  if (!uid || !gid) throw new Error(`PostgreSQL does not run as root, and there is no user "${name}": make one`);
  return { uid, gid };
}

function run(program: string, args: readonly string[], owner: object | undefined): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: tmpdir(), ...owner });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
}
