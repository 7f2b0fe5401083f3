import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

type Entry = {
  readonly link?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

const read = (file: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, '..', file), 'utf8'));
const { packages } = read('package-lock.json') as { packages: Readonly<Record<string, Entry>> };
const { optionalDependencies: nodes } = read('package.json') as {
  optionalDependencies: Readonly<Record<string, string>>;
};
/** What comes from a registry: neither the root nor a workspace, nor the link to one. */
const fetched = Object.entries(packages).filter(([place, { link }]) => place.includes('node_modules/') && !link);
const placesOf = (holds: (entry: Entry) => boolean): readonly string[] =>
  fetched.filter(([, entry]) => holds(entry)).map(([place]) => place);

describe('the lock file', () => {
  it('holds everything that is fetched by its hash', () => {
    expect(fetched.length).toBeGreaterThan(100);
    const isHash = ({ integrity = '' }: Entry): boolean => /^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity);
    expect(placesOf((entry) => !isHash(entry))).toEqual([]);
  });

  it('names no registry', () => {
    expect(placesOf(({ resolved }) => resolved !== undefined)).toEqual([]);
  });

  it('has nothing in it that runs a script when it is installed, which might fetch what no hash holds', () => {
    expect(placesOf(({ hasInstallScript }) => hasInstallScript === true)).toEqual([]);
  });

  it('has an entry for the optional packages of every platform, without which npm ci refuses it', () => {
    const named = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
    expect(named.filter((name) => packages[`node_modules/${name}`] === undefined)).toEqual([]);
  });
});

describe('Node', () => {
  it('comes for each platform as one package of one exact version', () => {
    const platforms = Object.entries(nodes).map(([name, version]) => {
      const { os, cpu, optional } = packages[`node_modules/${name}`] ?? {};
      expect([version, optional]).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/), true]);
      return [os, cpu].flat().join(' ');
    });
    expect(platforms.toSorted()).toEqual([
      'darwin arm64',
      'darwin x64',
      'linux arm64',
      'linux x64',
      'win32 arm64',
      'win32 x64',
    ]);
  });

  it('that runs this is the one that came, not the one of the machine', () => {
    const isOurs = ({ os, cpu }: Entry): boolean =>
      [os].flat().includes(process.platform) && [cpu].flat().includes(process.arch);
    const name = Object.keys(nodes).find((each) => isOurs(packages[`node_modules/${each}`] ?? {})) ?? 'none';
    expect(process.execPath, 'run it by an npm script, after npm ci').toContain(join('node_modules', name, 'bin'));
  });

  it.each([
    ['that came', false, {}, 0, ''],
    [
      'of the machine, where ours was left out',
      true,
      {},
      1,
      ' was not installed: it could not be fetched, or it is not what its hash',
    ],
    ['of the machine, where ours is not wanted', true, { npm_config_omit: 'dev optional' }, 0, ''],
  ])('%s ends npm ci as it should', async (_which, isForeign, env, status, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'foreign-node-'));
    try {
      const program = isForeign ? join(folder, 'node') : process.execPath;
      // By another process: what this one has open for writing while another test starts something cannot be run.
      if (isForeign) expect(spawnSync('cp', [process.execPath, program])).toMatchObject({ status: 0 });
      const script = join(import.meta.dirname, 'installed-node.mjs');
      const ended = spawnSync(program, [script], { encoding: 'utf8', env: { PATH: '', ...env } });
      expect({ status: ended.status, stderr: ended.stderr }).toEqual({
        status,
        stderr: expect.stringContaining(message),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
