import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** `COPY FROM… TO` of the context, in order. */
const copies = [...dockerfile.matchAll(/^COPY (?!--)(.+)$/gm)].map(([, words = '']) => {
  const paths = words.split(' ');
  return { from: paths.slice(0, -1), to: paths.at(-1) ?? '' };
});

let context = '';
beforeAll(async () => {
  context = await mkdtemp(join(tmpdir(), 'carto-image-'));
});
afterAll(() => rm(context, { recursive: true, force: true }));

/** Whether the context has it, as Docker reads the patterns of .dockerignore that we use. */
function isInContext(path: string): boolean {
  const taken = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const left = ignored.filter((line) => !/^[!*]/.test(line));
  const below = (folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
  return taken.some(below) && !left.some(below) && !path.split('/').includes('node_modules');
}

describe('the image', () => {
  it('is built from files that the context has', () => {
    expect(copies.length).toBeGreaterThan(4);
    const named = copies.flatMap(({ from }) => from);
    expect(named.filter((path) => !existsSync(join(ROOT, path)) || !isInContext(path))).toEqual([]);
  });

  it('is what `npm run build` makes of these files alone', () => {
    for (const { from, to } of copies) {
      for (const path of from) {
        const place = to === './' ? join(context, basename(path)) : join(context, to);
        const filter = (file: string): boolean => isInContext(file.slice(ROOT.length + 1));
        cpSync(join(ROOT, path), place, { recursive: true, filter });
      }
    }
    // What `npm ci` brings: the packages of others from here, ours from the context.
    const modules = join(context, 'node_modules');
    mkdirSync(join(modules, '@cartographer'), { recursive: true });
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (name !== '@cartographer') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
    for (const name of readdirSync(join(context, 'packages'))) {
      symlinkSync(join(context, 'packages', name), join(modules, '@cartographer', name));
    }
    // And what Go would build.
    mkdirSync(join(context, '.cache'));
    symlinkSync(join(ROOT, '.cache/ytt'), join(context, '.cache/ytt'));

    const built = spawnSync(process.execPath, ['scripts/build.ts'], { cwd: context, encoding: 'utf8' });
    expect(built.status, built.stderr).toBe(0);
  });

  it('starts the controller from it', () => {
    const [, entry = '[]'] = /^ENTRYPOINT (.+)$/m.exec(dockerfile) ?? [];
    const [, command = '[]'] = /^CMD (.+)$/m.exec(dockerfile) ?? [];
    const [, program = ''] = JSON.parse(entry) as readonly string[];
    const file = program.replace(/^\/app\//, join(context, 'dist/carto/'));
    const args = [...(JSON.parse(command) as readonly string[]), '--help'];
    const env = { NODE_DISABLE_COMPILE_CACHE: '1' };
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
      cwd: context,
      env,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('Usage: carto controller');
  });
});
