/**
 * `npm run test:cluster`: builds the programs of a real cluster from their Go modules, unless they are in `.cache/cluster`
 * already, and runs the tests in `e2e/cluster` against them, and those that take long without a cluster. They find the
 * kubectl that was built where the machine has none. `--build-only` stops after the build; anything else is handed to vitest.
 */
import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { buildPrograms } from '@cartographer/testkit';

const args = process.argv.slice(2);
const root = join(import.meta.dirname, '..');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const outcome = await buildPrograms({ env: process.env, clock: systemClock, say });
if (outcome.kind !== 'ready') {
  process.stderr.write(`${outcome.message}\n`);
  process.exit(1);
}
say(outcome.built.length === 0 ? 'all programs were in the cache' : `built: ${outcome.built.join(', ')}`);
if (!args.includes('--build-only')) {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const path = [process.env['PATH'] ?? '', dirname(outcome.programs.pathOf('kubectl'))].join(delimiter);
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'vitest.cluster.config.ts', ...args], {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}
