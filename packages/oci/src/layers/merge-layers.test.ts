import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerContents, LayerEntry } from './layer-contents.ts';
import { createLayerMerge, mergeLayers } from './merge-layers.ts';

const file = (path: string, value?: string): LayerEntry<string> => ({
  path,
  kind: 'file',
  ...(value === undefined ? {} : { value }),
});
const link = (path: string, target: string): LayerEntry<string> => ({ path, kind: 'link', target });
const folder = (path: string): LayerEntry<string> => ({ path, kind: 'folder' });
const layer = (
  entries: readonly LayerEntry<string>[],
  gone: Partial<LayerContents<string>> = {},
): LayerContents<string> => ({ entries, whiteouts: [], opaque: [], ...gone });
const standing = (...layers: readonly LayerContents<string>[]): readonly string[] =>
  mergeLayers(layers).files.map(({ path, value, layer }) => `${layer}:${path}=${value}`);

describe('what stands of several layers', () => {
  it.each<[string, readonly LayerContents<string>[], readonly string[]]>([
    ['files of all layers', [layer([file('a', '1')]), layer([file('b', '2')])], ['0:a=1', '1:b=2']],
    ['the upper one of a path', [layer([file('a', '1')]), layer([file('a', '2')])], ['1:a=2']],
    ['the later one of a path', [layer([file('a', '1'), file('a', '2')])], ['0:a=2']],
    ['nothing where the upper one was not read', [layer([file('a', '1')]), layer([file('a')])], []],
    ['nothing where a link lies over it', [layer([file('a', '1')]), layer([link('a', 'b')])], []],
    ['nothing below a file that was a folder', [layer([file('d/a', '1')]), layer([file('d')])], []],
    ['nothing below a link that was a folder', [layer([file('d/a', '1')]), layer([link('d', 'e')])], []],
    [
      'what a folder joins',
      [layer([file('d/a', '1')]), layer([folder('d'), file('d/b', '2')])],
      ['0:d/a=1', '1:d/b=2'],
    ],
    ['nothing where a folder lies over it', [layer([file('a', '1')]), layer([folder('a')])], []],
    ['nothing that is whited out', [layer([file('a', '1')]), layer([], { whiteouts: ['a'] })], []],
    ['nothing below what is whited out', [layer([file('d/e/a', '1')]), layer([], { whiteouts: ['d'] })], []],
    [
      'what a layer adds where it whites out, whatever the order',
      [layer([file('a', '1')]), layer([file('a', '2')], { whiteouts: ['a'] })],
      ['1:a=2'],
    ],
    [
      'what a layer adds to a folder that it empties',
      [layer([file('d/a', '1'), file('e', '1')]), layer([file('d/b', '2')], { opaque: ['d'] })],
      ['0:e=1', '1:d/b=2'],
    ],
    ['nothing of an image that is emptied', [layer([file('d/a', '1')]), layer([], { opaque: [''] })], []],
    [
      'what comes again',
      [layer([file('a', '1')]), layer([], { whiteouts: ['a'] }), layer([file('a', '3')])],
      ['2:a=3'],
    ],
    ['what is whited out and was never there', [layer([file('a', '1')], { whiteouts: ['b/c'] })], ['0:a=1']],
    [
      'a path through a link of a lower layer at its place',
      [layer([link('lib', 'usr/lib'), file('usr/lib/a', '1')]), layer([file('lib/a', '2')])],
      ['1:usr/lib/a=2'],
    ],
    [
      'nothing that is whited out through a link',
      [layer([link('lib', '/usr/lib'), file('usr/lib/a', '1')]), layer([], { whiteouts: ['lib/a'] })],
      [],
    ],
    [
      'nothing in a folder that is emptied through a link',
      [layer([link('lib', './usr/lib'), file('usr/lib/a', '1')]), layer([], { opaque: ['lib'] })],
      [],
    ],
    [
      'what lies behind a link that is made once more',
      [layer([link('lib', 'usr/lib')]), layer([file('lib/a', '2')]), layer([link('lib', 'usr/lib')])],
      ['1:usr/lib/a=2'],
    ],
    [
      'a folder in the place of a link',
      [layer([link('lib', 'usr/lib'), file('usr/lib/a', '1')]), layer([folder('lib'), file('lib/a', '2')])],
      ['0:usr/lib/a=1', '1:lib/a=2'],
    ],
    ['a path through links that climb, inside', [layer([link('d/l', '../../../e'), file('d/l/a', '1')])], ['0:e/a=1']],
    ['a path through links in a circle', [layer([link('x', 'y'), link('y', 'x'), file('x/a', '1')])], ['0:x/a=1']],
  ])('is %s', (_name, layers, expected) => {
    expect(standing(...layers).map((text) => text.replace(/:[xy]\/a/, ':x/a'))).toEqual(expected);
  });

  it('names what could not be read, unless it is gone', () => {
    const unread = { path: 'a', kind: 'file', unread: 'sparse' } as const;
    expect(mergeLayers([layer([unread])]).unread).toEqual([{ path: 'a', layer: 0, why: 'sparse' }]);
    expect(mergeLayers([layer([unread]), layer([file('a', '2')])]).unread).toEqual([]);
  });

  it('takes names of objects for names of files', () => {
    expect(standing(layer([file('__proto__/constructor', '1')]))).toEqual(['0:__proto__/constructor=1']);
  });

  it('stops when links lead around for too long', () => {
    const links = Array.from({ length: 30 }, (_, at) => link(`l${at}`, `${`l${at + 1}/`.repeat(20)}x`));
    const merge = createLayerMerge<string>(10_000);
    const wild = layer([...links, ...Array.from({ length: 100 }, (_, at) => file(`l0/${at}`, '1'))]);
    expect(() => merge.add(wild)).toThrow('too many circles');
  });

  it('is the same, layer by layer or at once, and after going through JSON', () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
      .map((names) => names.join('/'));
    const entry = fc.oneof(
      fc.tuple(path, fc.constantFrom('1', '2')).map(([at, value]) => file(at, value)),
      path.map((at) => file(at)),
      path.map(folder),
      fc.tuple(path, path).map(([at, target]) => link(at, target)),
    );
    const layers = fc.array(fc.record({ entries: fc.array(entry), whiteouts: fc.array(path), opaque: fc.array(path) }));
    fc.assert(
      fc.property(layers, (all) => {
        const merge = createLayerMerge<string>();
        for (const one of JSON.parse(JSON.stringify(all)) as typeof all) merge.add(one);
        expect(merge.contents()).toEqual(mergeLayers(all));
      }),
    );
  });

  it('is what is left on a disk when the layers are unpacked one over the other', async () => {
    const folders = fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 });
    // Names of files are never those of folders, so that every layer fits over every other.
    const path = fc.tuple(folders, fc.constantFrom('x', 'y')).map(([names, name]) => [...names, name].join('/'));
    const gone = fc.oneof(
      path,
      folders.filter((names) => names.length > 0).map((names) => names.join('/')),
    );
    const one = fc.record({
      files: fc.dictionary(path, fc.constantFrom('1', '2'), { maxKeys: 4 }),
      whiteouts: fc.array(gone, { maxLength: 2 }),
      opaque: fc.array(
        folders.map((names) => names.join('/')),
        { maxLength: 1 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 4 }), async (layers) => {
        const merged = mergeLayers(
          layers.map(({ files, ...more }) =>
            layer(
              Object.entries(files).map(([at, value]) => file(at, value)),
              more,
            ),
          ),
        );
        expect(Object.fromEntries(merged.files.map(({ path: at, value }) => [at, value]))).toEqual(
          await onDisk(layers),
        );
      }),
      { numRuns: 20 },
    );
  });
});

type PlainLayer = Pick<LayerContents<string>, 'whiteouts' | 'opaque'> & {
  readonly files: Readonly<Record<string, string>>;
};

async function onDisk(layers: readonly PlainLayer[]): Promise<Readonly<Record<string, string>>> {
  const root = await mkdtemp(join(tmpdir(), 'carto-layers-'));
  try {
    for (const { files, whiteouts, opaque } of layers) {
      for (const path of [...opaque, ...whiteouts]) await rm(join(root, path), { recursive: true, force: true });
      await mkdir(root, { recursive: true });
      for (const [path, value] of Object.entries(files)) {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await writeFile(join(root, path), value);
      }
    }
    const found = await readdir(root, { recursive: true, withFileTypes: true });
    const paths = found.filter((item) => item.isFile()).map((item) => join(item.parentPath, item.name));
    const pairs = await Promise.all(paths.map(async (path) => [relative(root, path), await readFile(path, 'utf8')]));
    return Object.fromEntries(pairs) as Record<string, string>;
  } finally {
    await rm(root, { recursive: true });
  }
}
