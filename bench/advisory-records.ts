import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type RecordChange, readAdvisory, type SourceChange } from '@cartographer/scanning';
import { packZip } from '../packages/scanning/src/advisories/testing/pack-zip.ts';

const FOLDER = join(import.meta.dirname, '../packages/scanning/testdata/agreement');
const ECOSYSTEMS = ['Go', 'PyPI', 'crates.io'] as const;

/** Real records of three ecosystems, and others made from them by other ids and names until there are so many. */
export function* recordTexts(count: number): Generator<string> {
  const real = ECOSYSTEMS.flatMap((name) =>
    gunzipSync(readFileSync(join(FOLDER, `${name}.jsonl.gz`)))
      .toString()
      .trimEnd()
      .split('\n'),
  );
  for (let at = 0; at < count; at += 1) {
    const round = Math.floor(at / real.length);
    const text = real[at % real.length] ?? '';
    yield round === 0 ? text : renamed(text, round);
  }
}

type Text = { id: string; aliases?: string[]; affected?: { package: { name: string } }[] };

function renamed(text: string, round: number): string {
  const record = JSON.parse(text) as Text;
  record.id += `-${round}`;
  delete record.aliases;
  for (const { package: named } of record.affected ?? []) named.name += `-${round}`;
  return JSON.stringify(record);
}

/** An archive of so many records, in a folder of its own that is gone at the end. */
export async function recordArchive(count: number): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'carto-bench-'));
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'all.zip');
  const files = [...recordTexts(count)].map((bytes, at) => ({ name: `${at}.json`, bytes }));
  await writeFile(path, packZip(files, { zip64: count > 60_000 }));
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** The same as a change of a source that nobody has to unpack. */
// oxlint-disable-next-line typescript/require-await -- a source is read asynchronously; this one is there
export async function* recordChange(count: number): SourceChange {
  for (const text of recordTexts(count)) yield putOf(text);
  return `${count}`;
}

function putOf(text: string): RecordChange {
  const read = readAdvisory(text);
  if ('why' in read) throw new Error(read.why);
  return { kind: 'put', digest: `${text.length} ${read.advisory.id}`, advisory: read.advisory };
}
