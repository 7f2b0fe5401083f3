import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Mutation, mutated } from './mutations.ts';
import { relatedTests } from './related-tests.ts';
import { createTester, type Verdict } from './tester.ts';

/** What came of one mutant. */
export type Trial = { readonly mutation: Mutation; readonly verdict: Verdict };

/** What {@link tryMutants} may be told. */
type TrialOptions = {
  /** Ends it early; what was tried until then is answered. */
  readonly signal?: AbortSignal;
  /** Hears of each bug as soon as it is judged. */
  readonly onTrial?: (trial: Trial) => void;
};

/**
 * Tries bugs in one file (a path from the root) against the near tests of its own package, one after another. Throws when
 * the tests fail without a bug.
 */
export async function tryMutants(
  root: string,
  file: string,
  mutations: readonly Mutation[],
  { signal, onTrial = () => undefined }: TrialOptions = {},
): Promise<readonly Trial[]> {
  const tests = relatedTests(join(root, file));
  if (tests.length === 0) return mutations.map((mutation) => ({ mutation, verdict: 'survived' }));
  const source = readFileSync(join(root, file), 'utf8');
  const tester = createTester(root, file, source, tests);
  signal?.addEventListener('abort', tester.end);
  const isStopped = (): boolean => signal?.aborted === true;
  const trials: Trial[] = [];
  try {
    for (const mutation of mutations) {
      if (isStopped()) break;
      const trial = { mutation, verdict: await tester.judge(mutated(source, mutation)) };
      if (isStopped()) break;
      trials.push(trial);
      onTrial(trial);
    }
    return trials;
  } catch (error) {
    if (isStopped()) return trials;
    throw error;
  } finally {
    signal?.removeEventListener('abort', tester.end);
    tester.end();
  }
}
