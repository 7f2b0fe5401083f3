import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The least score of each file, in per cent. */
export type Floors = Readonly<Record<string, number>>;

const PATH = join(import.meta.dirname, 'floors.json');

/** The committed floors. Only a hand lowers one, so that a review sees it. */
export function readFloors(): Floors {
  return JSON.parse(readFileSync(PATH, 'utf8')) as Floors;
}

/** Writes the floors down. */
export function writeFloors(floors: Floors): void {
  writeFileSync(PATH, `${JSON.stringify(floors, undefined, 2)}\n`);
}

/** The floors with that of a file raised to its score, in the order of the files. A floor never sinks. */
export function raised(floors: Floors, file: string, score: number): Floors {
  const all = { ...floors, [file]: Math.max(score, floors[file] ?? 0) };
  return Object.fromEntries(Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
