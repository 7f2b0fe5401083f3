import { inflateSync } from 'node:zlib';
import { listAt, textAt } from '@cartographer/machinery';
import type { Executable } from './executables.ts';
import { bounded, jsonObjectIn, LayerFileError, type NamedPackage } from './facts.ts';

/** Where `cargo auditable` puts what a program is built from: JSON, packed by zlib. */
export const CARGO_SECTION = '.dep-v0';
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The crates that a program of Rust is built from; undefined where it does not say. Those that only its build ran are not
 * in it.
 *
 * @throws LayerFileError when what it says cannot be read.
 */
export function readCrates({ sections }: Executable): readonly NamedPackage[] | undefined {
  const section = sections.find(({ name }) => name === CARGO_SECTION);
  if (section === undefined) return undefined;
  const packages = listAt(jsonObjectIn(unpack(section.bytes)), 'packages')
    .filter((entry) => textAt(entry, 'kind') !== 'build' && textAt(entry, 'name') !== '')
    .map((entry) => ({ ecosystem: 'crates.io', name: textAt(entry, 'name'), version: textAt(entry, 'version') }));
  return bounded(packages);
}

function unpack(packed: Buffer): Buffer {
  try {
    return inflateSync(packed, { maxOutputLength: MOST_BYTES });
  } catch {
    throw new LayerFileError(
      `has a section ${CARGO_SECTION} that cannot be unpacked, or is larger than ${MOST_BYTES} bytes`,
    );
  }
}
