import { Buffer } from 'node:buffer';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { deflateSync } from 'node:zlib';
import { packZip } from '../../../advisories/testing/pack-zip.ts';
import { elfOf, goBuildInfo, rpmHeader } from './binaries.ts';
import type { TestFile } from './image-of.ts';

/** Where the samples stand, and how they are written: see README.md there. */
export const SAMPLES: string = join(import.meta.dirname, '..', '..', '..', '..', 'testdata', 'images');

/** The names of all samples. */
export function sampleNames(): readonly string[] {
  return readdirSync(SAMPLES)
    .filter((name) => name.endsWith('.image.txt'))
    .map((name) => name.slice(0, -'.image.txt'.length))
    .toSorted();
}

type Part = { readonly path: string; readonly as: string; readonly text: string };

/** The layers of a sample, from the lowest. */
export function sampleLayers(name: string): readonly (readonly TestFile[])[] {
  const text = readFileSync(join(SAMPLES, `${name}.image.txt`), 'utf8');
  const layers: Part[][] = [];
  for (const [, layer = '', path = '', as = '', body = ''] of text.matchAll(
    /^-- (\d+)\/(\S+)(?: \((\w+)\))? --\n((?:(?!-- \d+\/)[^\n]*\n)*)/gm,
  )) {
    (layers[Number(layer)] ??= []).push({ path, as, text: body });
  }
  return layers.map((parts) => filesOf(parts));
}

/** Parts of one path before `!` are files of one archive. */
function filesOf(parts: readonly Part[]): readonly TestFile[] {
  const files = new Map<string, Part[]>();
  for (const part of parts) {
    const [outer = '', ...inner] = part.path.split('!');
    files.set(outer, [...(files.get(outer) ?? []), { ...part, path: inner.join('!') }]);
  }
  return [...files].map(([path, group]): TestFile => {
    const [only] = group;
    return [path, only?.path === '' ? contentOf(only) : archiveOf(group)];
  });
}

function archiveOf(parts: readonly Part[]): Buffer {
  return packZip(filesOf(parts).map(([name, bytes]) => ({ name, bytes })));
}

function contentOf({ as, text }: Part): string | Buffer {
  if (as === 'go') {
    const [version = '', ...modules] = text.split('\n');
    return elfOf({ '.go.buildinfo': goBuildInfo(version, modules.join('\n')) });
  }
  if (as === 'cargo') return elfOf({ '.dep-v0': deflateSync(text) });
  return as === 'rpm' ? rpmDatabaseOf(text) : text;
}

/** Lines of name, epoch, version, release, arch and source, parted by blanks; `-` stands for what is absent. */
function rpmDatabaseOf(text: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'carto-rpm-'));
  const file = join(folder, 'rpmdb.sqlite');
  const database = new DatabaseSync(file);
  database.exec("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)");
  const insert = database.prepare('INSERT INTO Packages (blob) VALUES (?)');
  for (const line of text.trim().split('\n')) {
    const [name = '', epoch = '', version = '', release = '', arch = '', source = ''] = line.split(' ');
    const tags: Record<number, string | number> = { 1000: name, 1001: version, 1002: release };
    if (epoch !== '-') tags[1003] = Number(epoch);
    if (arch !== '-') tags[1022] = arch;
    if (source !== '-') tags[1044] = source;
    insert.run(rpmHeader(tags));
  }
  database.close();
  try {
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
