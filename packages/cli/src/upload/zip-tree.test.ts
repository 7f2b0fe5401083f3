import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PackedFile, packZip } from '../../../scanning/src/advisories/testing/pack-zip.ts';
import { openSource } from './open-source.ts';
import { selectFiles } from './select-files.ts';

const { signal } = new AbortController();

describe('sources in a zip archive', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'carto-zip-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function read(files: readonly PackedFile[], name = 'app.jar'): Promise<Readonly<Record<string, string>>> {
    const path = join(root, name);
    await writeFile(path, packZip(files));
    await using tree = await openSource(path);
    const found: Record<string, string> = {};
    for (const file of (await selectFiles(tree, signal)).files) {
      const chunks: Buffer[] = [];
      for await (const chunk of tree.read(file.path)) chunks.push(chunk);
      found[`${file.path}${file.executable ? '*' : ''}`] = Buffer.concat(chunks).toString();
    }
    return found;
  }

  it('are its files, with what their system said of programs, and by the same rules', async () => {
    const files = [
      { name: 'META-INF/MANIFEST.MF', bytes: 'm', unixMode: 0o100644 },
      { name: 'mvnw', bytes: 'w', unixMode: 0o100755 },
      { name: '.cartoignore', bytes: '*.bak', unixMode: 0o100644 },
      { name: 'x/old.bak', bytes: 'o', unixMode: 0o100644 },
      { name: 'link', bytes: '/etc/passwd', unixMode: 0o120777 },
      { name: '.git/config', bytes: 'c', unixMode: 0o100644 },
      { name: 'empty/', bytes: '', unixMode: 0o40755 },
    ];
    expect(await read(files)).toEqual({ '.cartoignore': '*.bak', 'META-INF/MANIFEST.MF': 'm', 'mvnw*': 'w' });
  });

  it('may all be programs where their system has no word for it', async () => {
    expect(await read([{ name: 'gradlew', bytes: 'g' }])).toEqual({ 'gradlew*': 'g' });
  });

  it.each(['../x', 'a/../../x', '/etc/passwd', 'C:/x', 'a\\..\\x', 'a//b', './x'])(
    'are refused with a file %j',
    async (name) => {
      await expect(
        read([
          { name: 'ok', bytes: '' },
          { name, bytes: 'x' },
        ]),
      ).rejects.toThrow(/--local-path: .*app.jar.* cannot be packed: its name/);
    },
  );

  it.each<[string, readonly PackedFile[], RegExp]>([
    [
      'the same file twice',
      [
        { name: 'a', bytes: '1' },
        { name: 'a', bytes: '2' },
      ],
      /\/a cannot be packed: the archive has it twice/,
    ],
    [
      'a file that is a folder, too',
      [
        { name: 'a', bytes: '1' },
        { name: 'a/b', bytes: '2' },
      ],
      /a file and a folder of the same name/,
    ],
    ['a broken file', [{ name: 'a', bytes: '1', crc: 5 }], /\/a cannot be packed: it is not what was packed/],
    ['an encrypted file', [{ name: 'a', bytes: '1', flags: 1 }], /\/a cannot be packed: it is encrypted/],
  ])('are refused with %s', async (_what, files, why) => {
    await expect(read(files)).rejects.toThrow(why);
  });

  it('are refused when the archive is cut off', async () => {
    const path = join(root, 'cut.zip');
    await writeFile(path, packZip([{ name: 'a', bytes: 'x' }]).subarray(0, 30));
    await expect(openSource(path)).rejects.toThrow(/cut.zip cannot be packed: it is cut off/);
  });
});
