/**
 * `npm run mutants -- FILE…`: puts small bugs into a file, one at a time, and shows those that no near test of the file's own
 * package notices. Nothing is written. A file takes minutes; paths are from the root of the repository.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Trial, tryMutants } from './mutants/trial.ts';

const root = join(import.meta.dirname, '..');
const files = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (files.length === 0) {
  process.stderr.write('name at least one file, such as packages/runtime/src/work-queue.ts\n');
  process.exitCode = 2;
}
for (const file of files) {
  if (!existsSync(join(root, file))) {
    process.stderr.write(`${file} is not there; give paths from the root of the repository\n`);
    process.exitCode = 2;
    continue;
  }
  const show = ({ verdict, mutation: { line, operator, before, after } }: Trial): void => {
    if (verdict === 'survived') say(`${file}:${line} ${operator}: ${before} → ${after}`);
  };
  const trials = await tryMutants(root, file, { onTrial: show });
  const noticed = trials.filter(({ verdict }) => verdict !== 'survived').length;
  say(`${file}: ${noticed} of ${trials.length} bugs are noticed`);
}
