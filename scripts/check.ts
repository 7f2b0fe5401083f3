/** `npm test`: every check and every test that needs no cluster; the tests come last, so that the count ends the output. */
import { spawnSync } from 'node:child_process';

const checks: readonly (readonly [name: string, command: string, args: readonly string[]])[] = [
  ['types', 'tsc', ['-p', '.']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'biome', ['check', '.']],
  ['unused code', 'knip', []],
  ['tests', 'vitest', ['run', ...process.argv.slice(2)]],
];

const failed: string[] = [];
for (const [name, command, args] of checks) {
  process.stdout.write(`\n== ${name}: ${command} ${args.join(' ')}\n`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  process.stderr.write(`failed: ${failed.join(', ')}\n`);
  process.exit(1);
}
