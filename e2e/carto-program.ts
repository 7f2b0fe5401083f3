import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../packages/cli/src/main.ts');

/**
 * How a user's `carto` is started: from the sources, or what `CARTO_PROGRAM` names (a released one), by the Node of this
 * process, or by that of `CARTO_NODE`.
 */
export function cartoArgv(...args: readonly string[]): readonly [program: string, ...args: string[]] {
  return [process.env['CARTO_NODE'] ?? process.execPath, process.env['CARTO_PROGRAM'] ?? MAIN, ...args];
}
