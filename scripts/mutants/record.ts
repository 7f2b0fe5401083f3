import { execFileSync } from 'node:child_process';
import { changedLines } from './changed-lines.ts';
import { compiling } from './compiling.ts';
import { raised, readFloors, writeFloors } from './floors.ts';
import { inParallel } from './in-parallel.ts';
import { idOf } from './mutations.ts';
import { type FileResult, readResults, resultAgain, resultOf, scoreOf, writeResult } from './results.ts';
import { writePage } from './score-table.ts';
import { type Run, sourceOf } from './source.ts';
import { tryMutants } from './trial.ts';

/**
 * Tries all bugs of these files and writes what came of them: the results, floors that rose, and the scores in
 * `docs/testing.md`. Each file is written when it is done. Answers whether all could be measured and none is below its
 * floor.
 */
export async function record(run: Run, files: readonly string[]): Promise<boolean> {
  const commit = commitOf(run.root);
  return eachFile(run, files, async (file) => {
    const [bugs = []] = await compiling(run, [sourceOf(run.root, file)]);
    return resultOf(commit, await tryMutants(run.root, file, bugs, run), readResults()[file]);
  });
}

/**
 * Tries only the listed survivors of these files again, after tests were written for them: what more tests notice. Writes
 * what {@link record} writes. Refuses a file that is not as it was measured.
 */
export async function recordAgain(run: Run, files: readonly string[]): Promise<boolean> {
  return eachFile(run, files, async (file) => {
    const before = readResults()[file];
    if (before === undefined) throw new Error('was never measured; take --record');
    if (changedLines(run.root, before.commit, file)?.size !== 0)
      throw new Error(`is not as it was measured at ${before.commit}; take --record`);
    const listed = new Set(before.survivors.map(idOf));
    const survivors = sourceOf(run.root, file).mutations.filter((mutation) => listed.has(idOf(mutation)));
    return resultAgain(before, await tryMutants(run.root, file, survivors, run));
  });
}

/** Measures file after file and writes what came of each. Answers whether all could be measured and none is below its floor. */
async function eachFile(
  run: Run,
  files: readonly string[],
  measure: (file: string) => Promise<FileResult>,
): Promise<boolean> {
  let isGood = true;
  await inParallel(files, run.processes, async (file) => {
    if (run.signal.aborted) return;
    try {
      const result = await measure(file);
      if (!run.signal.aborted) isGood = written(run, file, result) && isGood;
    } catch (error) {
      isGood = false;
      run.say(`${file}: ${(error as Error).message}`);
    }
  });
  return isGood;
}

/** The newest commit of main that this branch stands on, which stays whatever becomes of the branch; HEAD where no main is. */
function commitOf(root: string): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return git('merge-base', 'HEAD', 'main');
  } catch {
    return git('rev-parse', 'HEAD');
  }
}

/** Writes what follows from the results, such as after a why was given: floors that rose, and the scores in the page. */
export function writeScores(): void {
  const results = readResults();
  let floors = readFloors();
  for (const [file, result] of Object.entries(results)) floors = raised(floors, file, scoreOf([result]));
  writeFloors(floors);
  writePage(results);
}

function written(run: Run, file: string, result: FileResult): boolean {
  writeResult(file, result);
  writeScores();
  const [score, floor = 0] = [scoreOf([result]), readFloors()[file]];
  run.say(`${file}: ${result.noticed} of ${result.bugs} bugs are noticed, score ${score} %`);
  const silent = result.survivors.filter(({ why }) => why === '').length;
  if (silent > 0)
    run.say(`  ${silent} survivors in scripts/mutants/results need a why, or "not yet"; then run with --scores`);
  if (score < floor) run.say(`  that is below its floor, ${floor} %: write tests`);
  return score >= floor;
}
