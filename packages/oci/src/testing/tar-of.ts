import { Buffer } from 'node:buffer';
import { tarEnd, tarHeader, tarPadding } from '../archive/write-tar.ts';

/** One entry of an archive for a test: a file with its text, or something else. */
export type TestEntry =
  | readonly [path: string, content: string | Buffer]
  | { readonly path: string; readonly link: string }
  | { readonly path: string; readonly hardlink: string }
  | { readonly path: string; readonly type: string; readonly content?: string }
  | { readonly folder: string };

/** An uncompressed archive of entries, in their order. */
export function tarOf(...entries: readonly TestEntry[]): Buffer {
  return Buffer.concat([...entries.map(bytesOf), tarEnd()]);
}

function bytesOf(entry: TestEntry): Buffer {
  if ('folder' in entry) return tarHeader({ kind: 'folder', path: `${latin1(entry.folder)}/` });
  if ('link' in entry) return tarHeader({ kind: 'link', path: latin1(entry.path), target: latin1(entry.link) });
  if ('hardlink' in entry) {
    const header = tarHeader({ kind: 'link', path: latin1(entry.path), target: latin1(entry.hardlink) });
    return typed(header, '1');
  }
  if ('type' in entry) return typed(file(entry.path, entry.content ?? ''), entry.type);
  const [path, content] = entry;
  return file(path, content, path.endsWith('.exe'));
}

function file(path: string, content: string | Buffer, executable = false): Buffer {
  const bytes = Buffer.from(content as string);
  const header = tarHeader({ kind: 'file', path: latin1(path), executable, sizeBytes: bytes.length });
  return Buffer.concat([header, bytes, tarPadding(bytes.length)]);
}

/** Another type of an entry whose header is a single block; its checksum is made anew. */
function typed(bytes: Buffer, type: string): Buffer {
  bytes.write(type, 156, 'latin1');
  const sum = bytes.subarray(0, 512).reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

function latin1(path: string): string {
  return Buffer.from(path).toString('latin1');
}
