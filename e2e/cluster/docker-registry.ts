import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Secret } from '@cartographer/machinery';
import type { RegistryLogin } from '@cartographer/oci';
import { freePorts } from '@cartographer/testkit';

const CACHE = join(import.meta.dirname, '../../.cache/docker-registry');

/** A real registry on loopback, without TLS, that asks for a login and has no referrers API. */
export type DockerRegistry = {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly login: RegistryLogin & { readonly password: Secret };
  stop(): Promise<void>;
};

/** Starts Debian's registry on a folder of its own, which goes when it is stopped. */
export async function startDockerRegistry(): Promise<DockerRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'carto-registry-'));
  const [port = 0] = await freePorts(1);
  const host = `127.0.0.1:${port}`;
  const config = {
    version: '0.1',
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: host },
    // It makes the file, with a user and a password that it writes to its log.
    auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } },
  };
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
  const child = spawn(registryProgram(), ['serve', join(folder, 'config.yml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stderr });
  const login = await new Promise<DockerRegistry['login']>((resolve, reject) => {
    let password = '';
    lines.on('line', (line) => {
      password = / password="?([^" ]+)/.exec(line)?.[1] ?? password;
      if (line.includes('listening on')) resolve({ username: 'docker', password: new Secret(password) });
    });
    void gone.then(() => reject(new Error('the registry does not start')));
  });
  return {
    host,
    login,
    async stop() {
      child.kill('SIGKILL');
      await gone;
      rmSync(folder, { recursive: true });
    },
  };
}

/** Debian's registry: the one of the system, or its package unpacked into the cache. */
function registryProgram(): string {
  const places = ['/usr/bin/docker-registry', join(CACHE, 'usr/bin/docker-registry')];
  const found = places.find(existsSync);
  if (found !== undefined) return found;
  try {
    mkdirSync(CACHE, { recursive: true });
    execFileSync('apt-get', ['download', 'docker-registry'], { cwd: CACHE, stdio: 'ignore' });
    const [archive = ''] = readdirSync(CACHE).filter((name) => name.endsWith('.deb'));
    execFileSync('dpkg-deb', ['-x', join(CACHE, archive), CACHE]);
    return places[1] ?? '';
  } catch (cause) {
    throw new Error('these tests need a real registry: apt-get install -y docker-registry', { cause });
  }
}
