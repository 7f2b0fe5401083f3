import { Buffer } from 'node:buffer';

const BLOCK = 512;

/**
 * One entry of an archive. Paths are "binary strings": one character a byte, as git stores them,
 * so that names which are no UTF-8 survive. `mode` replaces Flux's.
 */
export type TarEntry =
  | { readonly kind: 'folder'; readonly path: string; readonly mode?: number }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly executable: boolean;
      readonly sizeBytes: number;
      readonly mode?: number;
    }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/**
 * The header blocks of an entry, byte for byte what Go's archive/tar writes for Flux: ustar where
 * the name fits, a PAX record before it where not; owner 0, time 0, modes that say nothing of the
 * machine (folders 0750, files 0600, executable files 0700).
 */
export function tarHeader(entry: TarEntry): Buffer {
  const mode = modeOf(entry);
  const sizeBytes = entry.kind === 'file' ? entry.sizeBytes : 0;
  const type = TYPES[entry.kind];
  const target = entry.kind === 'link' ? entry.target : '';
  const isLongTarget = target.length > 100 || !isAscii(target);
  const link = isLongTarget ? shorten(target) : target;
  const split = isAscii(entry.path) ? splitName(entry.path) : undefined;
  if (split !== undefined && sizeBytes <= 0o77777777777 && !isLongTarget) {
    return block({ ...split, mode, sizeBytes, type, link });
  }

  // In the order of their names, as Go has them.
  const records = isLongTarget ? [paxRecord('linkpath', target)] : [];
  records.push(paxRecord('path', entry.path));
  if (sizeBytes > 0o77777777777) records.push(paxRecord('size', String(sizeBytes)));
  const body = Buffer.from(records.join(''), 'latin1');
  const slash = entry.path.lastIndexOf('/');
  const paxName = `${slash < 0 ? '' : entry.path.slice(0, slash + 1)}PaxHeaders.0/${entry.path.slice(slash + 1)}`;
  return Buffer.concat([
    block({ name: shorten(paxName), mode: 0, sizeBytes: body.length, type: 'x' }),
    body,
    tarPadding(body.length),
    block({ name: shorten(entry.path), mode, sizeBytes: sizeBytes > 0o77777777777 ? 0 : sizeBytes, type, link }),
  ]);
}

const TYPES = { folder: '5', file: '0', link: '2' } as const;

function modeOf(entry: TarEntry): number {
  switch (entry.kind) {
    case 'folder':
      return entry.mode ?? 0o750;
    case 'file':
      return entry.mode ?? (entry.executable ? 0o700 : 0o600);
    case 'link':
      return 0o777;
  }
}

/** The zeros that fill up the last block of a content. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((BLOCK - (sizeBytes % BLOCK)) % BLOCK);
}

/** The two empty blocks that end an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}

type Header = {
  readonly name: string;
  readonly prefix?: string;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly type: string;
  /** Where a symbolic link points. */
  readonly link?: string;
};

function block({ name, prefix = '', mode, sizeBytes, type, link = '' }: Header): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100, 'latin1');
  writeOctal(header, mode, 100, 8);
  writeOctal(header, 0, 108, 8);
  writeOctal(header, 0, 116, 8);
  writeOctal(header, sizeBytes, 124, 12);
  writeOctal(header, 0, 136, 12);
  header.write('        ', 148, 'latin1'); // the checksum counts as blanks while it is computed
  header.write(type, 156, 'latin1');
  header.write(link, 157, 100, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  if (type !== 'x') {
    writeOctal(header, 0, 329, 8); // device numbers
    writeOctal(header, 0, 337, 8);
  }
  header.write(prefix, 345, 155, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  writeOctal(header, sum, 148, 7);
  return header;
}

function writeOctal(header: Buffer, value: number, offset: number, width: number): void {
  header.write(`${value.toString(8).padStart(width - 1, '0')}\u0000`, offset, 'latin1');
}

/** Fits a name into ustar's name and prefix fields, cut at a slash; undefined when it does not fit. */
function splitName(path: string): { readonly name: string; readonly prefix: string } | undefined {
  if (path.length <= 100) return { name: path, prefix: '' };
  const slash = path.slice(0, 156).lastIndexOf('/');
  const name = path.slice(slash + 1);
  if (slash <= 0 || name.length > 100 || name === '') return undefined;
  return { name, prefix: path.slice(0, slash) };
}

/** A PAX record states its own length, the digits of the length included. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + String(rest.length).length;
  if (String(length).length !== String(rest.length).length) length = rest.length + String(length).length;
  return `${length}${rest}`;
}

/** What stands in the name field of an entry whose true name is in a PAX record: readers ignore it. */
function shorten(path: string): string {
  return path
    .replace(/[\u0080-\u00ff]/g, '')
    .slice(0, 100)
    .replace(/\/+$/, '');
}

function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the bytes that ustar can carry
  return /^[\u0001-\u007f]*$/.test(text);
}
