import { execFileSync } from 'node:child_process';
import { compiling } from './compiling.ts';
import { raised, readFloors, writeFloors } from './floors.ts';
import { inParallel } from './in-parallel.ts';
import { readResults, resultOf, scoreOf, writeResult } from './results.ts';
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
  let isGood = true;
  await inParallel(files, run.processes, async (file) => {
    try {
      isGood = (await recordFile(run, file, commit)) && isGood;
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

async function recordFile(run: Run, file: string, commit: string): Promise<boolean> {
  if (run.signal.aborted) return false;
  const { source, mutations } = sourceOf(run.root, file);
  const trials = await tryMutants(run.root, file, await compiling(run, file, source, mutations), run);
  if (run.signal.aborted) return false;
  const result = resultOf(commit, trials, readResults()[file]);
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
