import { type BuiltPackage, bounded, type FileFacts, LayerFileError } from './facts.ts';
import { sqliteRows } from './sqlite.ts';

/** Source: https://rpm-software-management.github.io/rpm/manual/tags.html */
const TAGS = { name: 1000, version: 1001, release: 1002, epoch: 1003, arch: 1022, source: 1044 } as const;
const INT32 = 4;
const STRING = 6;
const I18N_STRING = 9;
const ENTRY_BYTES = 16;

/** Not packages: keys that packages are checked with. */
const KEY = 'gpg-pubkey';

/** `rpmdb.sqlite`: one header for each package. Of a damaged one, what stands before the damage. */
export function readRpmDatabase(bytes: Buffer): FileFacts {
  const packages: BuiltPackage[] = [];
  try {
    for (const row of sqliteRows(bytes, 'Packages')) {
      const header = row.find((value) => Buffer.isBuffer(value));
      if (header === undefined) throw new LayerFileError('has a package without a header');
      const read = readRpmHeader(header);
      if (read.name !== KEY) packages.push(read);
      bounded(packages);
    }
  } catch (error) {
    if (!(error instanceof LayerFileError)) throw error;
    return { kind: 'built', type: 'rpm', packages, why: error.message };
  }
  return { kind: 'built', type: 'rpm', packages };
}

/** @throws LayerFileError when the header is damaged, or names no package. */
export function readRpmHeader(header: Buffer): BuiltPackage {
  const values = valuesIn(header);
  const [name = '', version = '', release = ''] = [TAGS.name, TAGS.version, TAGS.release].map((tag) => values.get(tag));
  if (name === '' || version === '') throw new LayerFileError('has a header of a package without name and version');
  const epoch = values.get(TAGS.epoch);
  return {
    name,
    version: release === '' ? version : `${version}-${release}`,
    arch: values.get(TAGS.arch) ?? '',
    upstream: values.get(TAGS.source) ?? '',
    ...(epoch !== undefined && { epoch }),
  };
}

/** An index of entries, each with tag, type, place and count, and after it what they point to. */
function valuesIn(header: Buffer): ReadonlyMap<number, string> {
  const wanted: ReadonlySet<number> = new Set(Object.values(TAGS));
  const values = new Map<number, string>();
  if (header.length < 8) throw new LayerFileError('has a damaged header of a package');
  const count = header.readUInt32BE(0);
  const data = 8 + count * ENTRY_BYTES;
  if (data > header.length) throw new LayerFileError('has a damaged header of a package');
  for (let index = 0; index < count; index += 1) {
    const entry = 8 + index * ENTRY_BYTES;
    const tag = header.readUInt32BE(entry);
    if (!wanted.has(tag) || values.has(tag)) continue;
    const type = header.readUInt32BE(entry + 4);
    const at = data + header.readUInt32BE(entry + 8);
    if (type === INT32 && at + 4 <= header.length) values.set(tag, String(header.readUInt32BE(at)));
    else if (type === STRING || type === I18N_STRING) {
      const end = header.indexOf(0, at);
      if (end >= 0) values.set(tag, header.toString('utf8', at, end));
    }
  }
  return values;
}
