/**
 * `npm run mutants`: puts small bugs into files, one at a time and never on disk, and looks whether the near tests of the
 * file's own package notice. `--help` says how.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compiling } from './mutants/compiling.ts';
import { guard } from './mutants/guard.ts';
import { PROMISES } from './mutants/promises.ts';
import { record, recordAgain, writeScores } from './mutants/record.ts';
import { readResults } from './mutants/results.ts';
import { type Run, sourceOf, textOf } from './mutants/source.ts';
import { tryMutants } from './mutants/trial.ts';

const HELP = `npm run mutants -- FILE…            shows the bugs in these files that no test notices; writes nothing
npm run mutants -- --record [FILE…] measures these files, or all of scripts/mutants/promises.ts, and writes
                                    scripts/mutants/results, floors.json and the scores in docs/testing.md
npm run mutants -- --again [FILE…]  the same for the listed survivors alone, after tests were written for them
npm run mutants -- --scores         writes floors that rose and the scores in docs/testing.md, after a why was given
npm run mutants -- --guard          tries a fixed sample, and all bugs on lines that changed since they were measured;
                                    fails on one that no test notices and no result lists; ends after 6 minutes

Paths are from the root of the repository. A file takes minutes. Ctrl-C ends it; files that are done stay recorded.`;

const GUARD_MS = 6 * 60_000;

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
const run: Run = {
  root: join(import.meta.dirname, '..'),
  processes: 2,
  signal: stop.signal,
  say: (line) => void process.stdout.write(`${line}\n`),
};
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const flag = { type: 'boolean', default: false } as const;
  const options = { help: flag, record: flag, again: flag, scores: flag, guard: flag };
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const files = [...new Set(positionals)];
  const wrong = files.flatMap((file) => wrongWith(file, values.record || values.again));
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  let isGood = true;
  const promises = files.length > 0 ? files : Object.keys(PROMISES);
  if (values.record) isGood = await record(run, promises);
  else if (values.again) isGood = await recordAgain(run, promises);
  else if (values.guard) isGood = await guard(run, Object.keys(PROMISES), readResults(), GUARD_MS);
  else if (values.scores) writeScores();
  else if (values.help) run.say(HELP);
  else if (files.length === 0) throw new Error(HELP);
  else for (const file of files) await show(file);
  if (stop.signal.aborted) return 130;
  return isGood ? 0 : 1;
}

function wrongWith(file: string, isRecorded: boolean): readonly string[] {
  if (!existsSync(join(run.root, file))) return [`${file} is not there; give paths from the root of the repository`];
  return isRecorded && !(file in PROMISES) ? [`${file} carries no promise; add it to scripts/mutants/promises.ts`] : [];
}

/** Shows the bugs in a file that survive, one by one as they are found. */
async function show(file: string): Promise<void> {
  const [bugs = []] = await compiling(run, [sourceOf(run.root, file)]);
  const trials = await tryMutants(run.root, file, bugs, {
    signal: run.signal,
    onTrial: ({ verdict, mutation }) => {
      if (verdict === 'survived') run.say(textOf(file, mutation));
    },
  });
  const noticed = trials.filter(({ verdict }) => verdict !== 'survived').length;
  run.say(`${file}: ${noticed} of ${trials.length} bugs are noticed`);
}
