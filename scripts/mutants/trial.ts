import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Mutation, mutated, mutationsOf } from './mutations.ts';
import { relatedTests } from './related-tests.ts';

/** How a mutant fared: its tests failed, did not end, or saw nothing. */
type Verdict = 'noticed' | 'endless' | 'survived';

/** What {@link tryMutants} is asked for. */
type TrialOptions = {
  readonly wanted?: (mutation: Mutation) => boolean;
  readonly onTrial?: (trial: Trial) => void;
};

/** What came of one mutant. */
export type Trial = { readonly mutation: Mutation; readonly verdict: Verdict };

/** A run that takes this many times as long as the tests of the unchanged file is ended. */
const PATIENCE = 4;
const PATIENCE_MS = 8_000;

/**
 * Tries the mutants of one file against the tests of its own package, one after another; `wanted` may leave some out.
 * `onTrial` hears of each as soon as it is judged. Throws when the unchanged file's tests fail.
 */
export async function tryMutants(
  root: string,
  file: string,
  { wanted = () => true, onTrial = () => undefined }: TrialOptions = {},
): Promise<readonly Trial[]> {
  const path = join(root, file);
  const source = readFileSync(path, 'utf8');
  const mutations = mutationsOf(file, source).filter(wanted);
  if (mutations.length === 0) return [];
  const tests = relatedTests(path);
  if (tests.length === 0) return mutations.map((mutation) => ({ mutation, verdict: 'survived' }));
  const tester = createTester([root, path, ...tests]);
  try {
    const patience = await measure(tester, source, file);
    const trials: Trial[] = [];
    for (const mutation of mutations) {
      const passed = await tester.pass(mutated(source, mutation), patience);
      const trial: Trial = { mutation, verdict: verdictOf(passed) };
      trials.push(trial);
      onTrial(trial);
    }
    return trials;
  } finally {
    tester.end();
  }
}

function verdictOf(passed: boolean | undefined): Verdict {
  if (passed === undefined) return 'endless';
  return passed ? 'survived' : 'noticed';
}

/** The second run of the unchanged file tells how long one takes; the first has to load everything. */
async function measure(tester: Tester, source: string, file: string): Promise<number> {
  let tookMs = 0;
  for (let run = 0; run < 2; run += 1) {
    const startedAt = Date.now();
    if ((await tester.pass(source, 300_000)) !== true) throw new Error(`the tests of ${file} fail without a mutant`);
    tookMs = Date.now() - startedAt;
  }
  return PATIENCE * tookMs + PATIENCE_MS;
}

interface Tester {
  /** Undefined when the tests did not end within the time; the process is replaced then. */
  pass(source: string, timeoutMs: number): Promise<boolean | undefined>;
  end(): void;
}

type Answer = { readonly ready: true } | { readonly passed: boolean };

function createTester(args: readonly string[]): Tester {
  let child: ChildProcess | undefined;
  const start = async (): Promise<ChildProcess> => {
    const started = fork(join(import.meta.dirname, 'tester-process.ts'), [...args], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    await answerOf(started, 300_000);
    return started;
  };
  return {
    async pass(source, timeoutMs) {
      if (child?.connected !== true) child = await start();
      const answer = answerOf(child, timeoutMs);
      child.send(source);
      const result = await answer;
      if (result !== undefined && 'passed' in result) return result.passed;
      child.kill('SIGKILL');
      child = undefined;
      return result === undefined ? undefined : false;
    },
    end: () => void child?.kill('SIGKILL'),
  };
}

/** The child's next message; undefined when the time is up. A child that ends counts as tests that failed. */
function answerOf(child: ChildProcess, timeoutMs: number): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const done = (answer: Answer | undefined): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(answer);
    };
    const onMessage = (message: unknown): void => done(message as Answer);
    const onExit = (): void => done({ passed: false });
    const timer = setTimeout(() => done(undefined), timeoutMs);
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
