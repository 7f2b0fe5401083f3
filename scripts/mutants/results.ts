import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Identity, idOf } from './mutations.ts';
import type { Trial } from './trial.ts';

/** What stands in place of a reason for a bug that tests should notice, but do not. */
export const NOT_YET = 'not yet';

/**
 * A bug that no test notices, and why: what makes it equal to the code as it stands, or {@link NOT_YET}. Empty until
 * somebody has said so.
 */
type Survivor = Identity & { readonly why: string };

/** What came of all bugs of one file. */
export type FileResult = {
  /** The commit of main that was measured, or that what was measured stands on: lines that differ are tried anew. */
  readonly commit: string;
  readonly bugs: number;
  readonly noticed: number;
  readonly survivors: readonly Survivor[];
};

/** Results by file, paths from the root of the repository. */
export type Results = Readonly<Record<string, FileResult>>;

const FOLDER = join(import.meta.dirname, 'results');

/** All results in a folder, the committed ones by default. */
export function readResults(folder = FOLDER): Results {
  const names = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  return Object.assign({}, ...names.map((name) => readJson(join(folder, name)))) as Results;
}

/** Writes the result of a file, in the place of the one before, into the file of its package. */
export function writeResult(file: string, result: FileResult, folder = FOLDER): void {
  const path = join(folder, `${file.split('/')[1]}.json`);
  const before = existsSync(path) ? readJson(path) : {};
  const ordered = Object.entries({ ...before, [file]: result }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(ordered), undefined, 2)}\n`);
}

/** What was found, as a result. The reasons that were given before for the same bugs are kept. */
export function resultOf(commit: string, trials: readonly Trial[], before: FileResult | undefined): FileResult {
  const reasons = new Map(before?.survivors.map((survivor) => [idOf(survivor), survivor.why]));
  const survivors = trials
    .filter(({ verdict }) => verdict === 'survived')
    .map(({ mutation }): Survivor => {
      const { operator, before: line, after, nth } = mutation;
      return { operator, before: line, after, nth, why: reasons.get(idOf(mutation)) ?? '' };
    });
  return { commit, bugs: trials.length, noticed: trials.length - survivors.length, survivors };
}

/** A result after its listed survivors alone were tried again: those that tests notice now are survivors no more. */
export function resultAgain(before: FileResult, trials: readonly Trial[]): FileResult {
  const { survivors } = resultOf(before.commit, trials, before);
  return { ...before, noticed: before.bugs - survivors.length, survivors };
}

/** What survived and is not listed: bugs that tests used to notice, or that are new. */
export function unlisted(trials: readonly Trial[], result: FileResult | undefined): readonly Trial[] {
  const listed = new Set(result?.survivors.map(idOf));
  return trials.filter(({ verdict, mutation }) => verdict === 'survived' && !listed.has(idOf(mutation)));
}

/** How many of the bugs that can be noticed are: in per cent, one digit after the point, never rounded up. */
export function scoreOf(results: readonly FileResult[]): number {
  const noticed = results.reduce((sum, result) => sum + result.noticed, 0);
  const missed = results.flatMap(({ survivors }) => survivors).filter(isMissed).length;
  return noticed + missed === 0 ? 100 : Math.floor((noticed / (noticed + missed)) * 1000) / 10;
}

/** Whether a test should notice it: nobody said why none can. */
export function isMissed({ why }: Survivor): boolean {
  return why === '' || why === NOT_YET;
}

function readJson(path: string): Results {
  return JSON.parse(readFileSync(path, 'utf8')) as Results;
}
