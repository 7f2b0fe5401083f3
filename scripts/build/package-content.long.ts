import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bundle } from './bundle.ts';
import { makePackage } from './package.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What `carto --help` may load, in bytes. */
const MOST_AT_START = 200_000;

let folder = '';
let first = '';
let second = '';
let bundled: Bundle;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carto-build-'));
  [first, second] = [join(folder, 'first'), join(folder, 'elsewhere/second')];
  // What stands for the built ytt: its bytes are Go's.
  const ytt = join(folder, 'ytt');
  mkdirSync(ytt);
  writeFileSync(join(ytt, 'ytt.wasm.zst'), 'ytt');
  for (const place of [second, first]) bundled = await makePackage({ root: ROOT, folder: place, ytt });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function filesOf(place: string): readonly string[] {
  const names = readdirSync(place, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => statSync(join(place, name)).isFile()).toSorted();
}

function digestsOf(place: string): readonly string[] {
  return filesOf(place).map((name) => {
    const { mode } = statSync(join(place, name));
    return `${name} ${mode.toString(8)} ${createHash('sha256')
      .update(readFileSync(join(place, name)))
      .digest('hex')}`;
  });
}

/** All that is loaded with a file of the bundle, itself included. */
function loadedWith(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const next of bundled.loads.get(file) ?? []) loadedWith(next, seen);
  return seen;
}

describe('the package', () => {
  it('is the same, made twice in different places', () => {
    expect(digestsOf(first).length).toBeGreaterThan(50);
    expect(digestsOf(second)).toEqual(digestsOf(first));
  });

  it('names no place of the machine that it was made on', () => {
    const places = [ROOT, folder, tmpdir(), homedir(), dirname(process.execPath)].filter((place) => place.length > 4);
    const named = filesOf(first).filter((file) => {
      const text = readFileSync(join(first, file), 'latin1');
      return places.some((place) => text.includes(place));
    });
    expect(named).toEqual([]);
  });

  it('needs nothing but Node', () => {
    const needed = [...bundled.loads.values()].flat();
    expect(needed.length).toBeGreaterThan(100);
    expect(needed.filter((name) => !isBuiltin(name) && !existsSync(join(first, name)))).toEqual([]);
  });

  it('loads little before it knows the command', () => {
    const files = [...loadedWith('lib/start.cjs')].filter((name) => !isBuiltin(name));
    const bytes = files.reduce((sum, name) => sum + statSync(join(first, name)).size, 0);
    expect(bytes, files.join(' ')).toBeLessThan(MOST_AT_START);
    expect(bytes).toBeGreaterThan(20_000);
  });

  it('has commands whose code can be loaded, each by itself', () => {
    const commands = filesOf(first).filter((file) => /^lib\/[a-z-]*(?:command|up)-[^/]*\.cjs$/.test(file));
    expect(commands.length).toBeGreaterThan(10);
    const failed = commands.flatMap((file) => {
      const { status, stderr } = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(join(first, file))})`], {
        encoding: 'utf8',
      });
      return status === 0 ? [] : [`${file}: ${stderr}`];
    });
    expect(failed).toEqual([]);
  });

  it('has the licences of what it holds', () => {
    const text = readFileSync(join(first, 'THIRD-PARTY-LICENSES.md'), 'utf8');
    for (const name of ['commander', 'undici', '@bufbuild/cel', 'kysely', 'pino'])
      expect(text).toContain(`\n## ${name} `);
    expect(text).toContain('MIT License');
    expect(text).not.toMatch(/^## .*undefined/m);
  });

  it('has a server of static files that needs no file beside it: it goes into images alone', () => {
    const text = readFileSync(join(first, 'lib/static-server.mjs'), 'utf8');
    const needed = [...text.matchAll(/from "([^"]+)"/g)].map(([, name = '']) => name);
    expect(needed).toContain('node:http');
    expect(needed.filter((name) => !isBuiltin(name))).toEqual([]);
  });

  it.each(['carto', 'kubectl-carto'])(
    '%s runs without the repository, without a PATH, and says nothing else',
    (name) => {
      const program = join(first, 'bin', `${name}.cjs`);
      const env = { XDG_CACHE_HOME: join(folder, 'cache') };
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--version'], {
        cwd: folder,
        env,
        encoding: 'utf8',
      });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' });
    },
  );

  it('keeps compiled code in the cache folder of its user, and nowhere if that cannot be written', () => {
    const run = (cache: string): string =>
      execFileSync(process.execPath, [join(first, 'bin/carto.cjs'), '--version'], {
        env: { XDG_CACHE_HOME: cache },
        encoding: 'utf8',
      });
    expect(run(join(folder, 'cache'))).toBe('0.1.0\n');
    expect(filesOf(join(folder, 'cache/carto/compiled')).length).toBeGreaterThan(1);
    expect(run(join(folder, 'ytt/ytt.wasm.zst'))).toBe('0.1.0\n');
    expect(digestsOf(first)).toEqual(digestsOf(second));
  });
});
