import { chmod, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { readTar } from '@cartographer/oci';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSource } from './open-source.ts';
import { packFiles } from './pack-files.ts';
import { selectFiles } from './select-files.ts';

const { signal } = new AbortController();

describe('the files of a folder that are packed', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'carto-select-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function write(files: Readonly<Record<string, string>>, at = root): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(at, path)), { recursive: true });
      await writeFile(join(at, path), text);
    }
  }
  async function selected(path = root): Promise<readonly string[]> {
    await using tree = await openSource(path);
    return (await selectFiles(tree, signal)).files.map((file) => file.path);
  }
  async function packed(path = root): Promise<{ digest: string; entries: readonly string[] }> {
    await using tree = await openSource(path);
    const { files } = await selectFiles(tree, signal);
    const target = `${root}.tar.gz`;
    const { digest } = await packFiles(tree, files, { target, signal });
    const items: string[] = [];
    for await (const item of readTar(Readable.from([gunzipSync(await readFile(target))]))) {
      items.push(`${item.kind === 'file' && (item.mode & 0o100) !== 0 ? '*' : ''}${item.path}`);
      if (item.kind === 'file') for await (const _chunk of item.content) continue;
    }
    await rm(target);
    return { digest, entries: items };
  }

  it('are all, in the order of their names, but what git keeps for itself', async () => {
    await write({
      'b.txt': '',
      'a/c': '',
      'a.txt': '',
      'a/b': '',
      '.git/config': '',
      'sub/.git': 'gitdir: x',
      '.env': '',
    });
    expect(await selected()).toEqual(['.env', 'a/b', 'a/c', 'a.txt', 'b.txt']);
  });

  it('are without those that an ignore file leaves out, in whatever folder it stands', async () => {
    await write({
      '.gitignore': 'node_modules/\n*.log\n',
      '.tanzuignore': 'docs\n',
      '.cartoignore': '!keep.log\n',
      'node_modules/x/index.js': '',
      'a.log': '',
      'keep.log': '',
      'docs/a.md': '',
      'app/.cartoignore': '/dist\n',
      'app/dist/x': '',
      'app/src/dist/y': '',
    });
    expect(await selected()).toEqual([
      '.cartoignore',
      '.gitignore',
      '.tanzuignore',
      'app/.cartoignore',
      'app/src/dist/y',
      'keep.log',
    ]);
  });

  it('do not hold links, which are told of', async () => {
    await write({ a: '' });
    await symlink('/etc/passwd', join(root, 'link'));
    await using tree = await openSource(root);
    expect(await selectFiles(tree, signal)).toMatchObject({ files: [{ path: 'a' }], leftOut: ['link'] });
  });

  it('make the same bytes for the same content, whenever and by whomever they were written', async () => {
    await write({ 'run.sh': 'x', 'a/b': 'y' });
    await chmod(join(root, 'run.sh'), 0o700);
    const before = await packed();
    expect(before.entries).toEqual(['a', 'a/b', '*run.sh']);
    await utimes(join(root, 'a/b'), 1, 1);
    await chmod(join(root, 'run.sh'), 0o755);
    await mkdir(join(root, 'empty'));
    expect(await packed()).toEqual(before);
    await write({ 'a/b': 'z' });
    expect((await packed()).digest).not.toBe(before.digest);
  });

  it('keep names that are long, or no ASCII', async () => {
    const long = `${'d'.repeat(120)}/${'f'.repeat(120)}`;
    await write({ [long]: 'x', 'größe/ü.txt': 'y' });
    const { entries } = await packed();
    expect(entries.map((path) => Buffer.from(path, 'latin1').toString())).toEqual([
      'd'.repeat(120),
      long,
      'größe',
      'größe/ü.txt',
    ]);
  });

  it('are named when one cannot be read', async () => {
    await write({ 'a/gone': 'x' });
    await using tree = await openSource(root);
    const { files } = await selectFiles(tree, signal);
    await rm(join(root, 'a/gone'));
    const packing = packFiles(tree, files, { target: `${root}.tar.gz`, signal });
    await expect(packing).rejects.toThrow(/^--local-path: .*\/a\/gone cannot be packed: ENOENT/);
    await rm(`${root}.tar.gz`, { force: true });
  });

  it('are named when one changes while it is packed', async () => {
    await write({ a: 'longer than it will be' });
    await using tree = await openSource(root);
    const { files } = await selectFiles(tree, signal);
    await write({ a: 'short' });
    const packing = packFiles(tree, files, { target: `${root}.tar.gz`, signal });
    await expect(packing).rejects.toThrow(`${join(root, 'a')} cannot be packed: it changed while it was packed`);
    await rm(`${root}.tar.gz`, { force: true });
  });

  it.each([
    ['does/not/exist', 'ENOENT'],
    ['/dev/null', 'neither a folder nor a zip'],
    [import.meta.filename, 'neither a folder nor a zip'],
  ])('cannot be taken from %s', async (path, why) => {
    await expect(openSource(path)).rejects.toThrow(why);
  });
});
