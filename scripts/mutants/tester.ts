import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** How a version of a file fared: its tests failed, would not end, or saw nothing. */
export type Verdict = 'noticed' | 'endless' | 'survived';

/** Tries versions of one file in a process of its own. */
export interface Tester {
  /** A process that does not end its tests is replaced. After {@link Tester.end} the verdict means nothing. */
  judge(source: string): Promise<Verdict>;
  end(): void;
}

/**
 * Starts nothing yet. `source` is the file as it stands: each new process runs it first. {@link Tester.judge} throws when
 * its tests fail.
 */
export function createTester(root: string, file: string, source: string, tests: readonly string[]): Tester {
  let child: ChildProcess | undefined;
  const start = async (): Promise<ChildProcess> => {
    child = fork(join(import.meta.dirname, 'tester-process.ts'), [root, join(root, file), ...tests], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    await answerOf(child);
    if ((await ask(child, source)) !== 'survived') throw new Error(`the tests of ${file} fail without a bug`);
    return child;
  };
  const end = (): void => {
    child?.kill('SIGKILL');
    child = undefined;
  };
  return {
    async judge(text) {
      const verdict = await ask(child?.connected === true ? child : await start(), text);
      if (verdict === 'endless') end();
      return verdict;
    },
    end,
  };
}

function ask(child: ChildProcess, source: string): Promise<Verdict> {
  const answer = answerOf(child);
  if (child.connected) child.send(source, () => undefined);
  return answer;
}

/** The child's next message. A child that ends counts as tests that failed. */
function answerOf(child: ChildProcess): Promise<Verdict> {
  return new Promise((resolve) => {
    const done = (verdict: unknown): void => {
      child.off('message', done);
      child.off('exit', onExit);
      resolve(verdict as Verdict);
    };
    const onExit = (): void => done('noticed');
    child.on('message', done);
    child.on('exit', onExit);
    if (child.exitCode !== null || child.signalCode !== null) onExit();
  });
}
