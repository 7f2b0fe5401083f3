import { changedLines } from './changed-lines.ts';
import { type Candidates, compiling } from './compiling.ts';
import { inParallel } from './in-parallel.ts';
import type { Mutation } from './mutations.ts';
import { PROMISES } from './promises.ts';
import { type FileResult, type Results, unlisted } from './results.ts';
import { sampleOf } from './sample.ts';
import { type Run, sourceOf, textOf } from './source.ts';
import { tryMutants } from './trial.ts';

/** Each file costs a start of its tests besides. */
const SAMPLE_PER_FILE = 3;

/** The bugs of one file that the guard tries. */
type Choice = Candidates & { readonly changed: number };

/** What came of those of one file that the type check lets through. */
type Outcome = { readonly tried: number; readonly failed: number };

/**
 * Tries a fixed sample of the bugs of each file, and all bugs on lines that changed since the file was measured; files
 * with such lines first. A bug that survives and is not listed fails, and so does a file whose tests fail without a bug.
 * What was not reached when the time was over is told. The last line is `N passed, M failed`. Answers whether nothing
 * failed.
 */
export async function guard(run: Run, files: readonly string[], results: Results, budgetMs: number): Promise<boolean> {
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(budgetMs)]);
  const choices = files
    .map((file) => choose(run, file, results[file]))
    .toSorted((a, b) => Number(b.changed > 0) - Number(a.changed > 0));
  const outcomes: Outcome[] = [];
  const bugs = await compiling({ ...run, signal }, choices);
  await inParallel([...choices.keys()], run.processes, async (i) => {
    const { file = '' } = choices[i] ?? {};
    if (!signal.aborted) outcomes.push(await tryBugs({ ...run, signal }, file, bugs[i] ?? [], results[file]));
  });
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const [tried, failed, left] = [sum((o) => o.tried), sum((o) => o.failed), bugs.flat().length];
  const total = choices.flatMap(({ mutations }) => mutations).length;
  run.say(`tried ${tried} of ${total} bugs; the type check refuses ${total - left}, ${left - tried} were not reached`);
  run.say(`${tried - failed} passed, ${failed} failed`);
  return failed === 0;
}

async function tryBugs(
  run: Run,
  file: string,
  bugs: readonly Mutation[],
  result: FileResult | undefined,
): Promise<Outcome> {
  try {
    const trials = await tryMutants(run.root, file, bugs, { signal: run.signal });
    const found = unlisted(trials, result);
    run.say(`${file}: ${trials.length - found.length} of ${trials.length} bugs are noticed or listed`);
    for (const { mutation } of found) run.say(`NO TEST NOTICES ${textOf(file, mutation)}`);
    if (found.length > 0) run.say(advice(file));
    return { tried: trials.length, failed: found.length };
  } catch (error) {
    run.say((error as Error).message);
    return { tried: 1, failed: 1 };
  }
}

function choose({ root, say }: Run, file: string, result: FileResult | undefined): Choice {
  const { source, mutations } = sourceOf(root, file);
  const lines = result === undefined ? undefined : changedLines(root, result.commit, file);
  if (result !== undefined && lines === undefined) say(`${file}: this clone lacks ${result.commit}; the sample alone`);
  const sample = new Set(sampleOf(file, mutations, SAMPLE_PER_FILE));
  const wanted = mutations.filter((mutation) => sample.has(mutation) || lines?.has(mutation.line) === true);
  return { file, source, mutations: wanted, changed: lines?.size ?? 0 };
}

function advice(file: string): string {
  const promise = PROMISES[file] ?? 'it';
  return `write a test of ${promise} that fails with the bug; where none can: npm run mutants -- --record ${file}, and say why in scripts/mutants/results`;
}
