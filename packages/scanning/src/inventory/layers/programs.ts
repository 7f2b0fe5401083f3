import { Buffer } from 'node:buffer';
import { CARGO_SECTION, readCrates } from './cargo-audit.ts';
import { readExecutable } from './executables.ts';
import { type FileFacts, LayerFileError } from './facts.ts';
import { GO_MARK, readGoModules } from './go-build-info.ts';

/** What packs programs writes this near the beginning; what they are made of can then not be seen. */
const PACKED = 'UPX!';
const PACKED_WITHIN_BYTES = 1024;
const MARKS = [GO_MARK, Buffer.from(CARGO_SECTION)];
const LONGEST_MARK = 16;

/** A program or a library: what Go or Cargo say in it of what it is built from; undefined where neither does. */
export function readProgram(bytes: Buffer): FileFacts | undefined {
  const executable = readExecutable(bytes);
  if (executable === undefined) return undefined;
  if (bytes.subarray(0, PACKED_WITHIN_BYTES).includes(PACKED)) {
    throw new LayerFileError('is packed by UPX: what it is built from cannot be seen');
  }
  const packages = readGoModules(executable) ?? readCrates(executable);
  return packages && { kind: 'packages', packages };
}

/** Whether a program that is too large to be held has the marks of what would be read in it. */
export async function mayTellPackages(content: AsyncIterable<Buffer>): Promise<boolean> {
  let rest = Buffer.alloc(0);
  for await (const chunk of content) {
    const window = Buffer.concat([rest, chunk]);
    if (MARKS.some((mark) => window.includes(mark))) return true;
    rest = window.subarray(Math.max(0, window.length - LONGEST_MARK));
  }
  return false;
}
