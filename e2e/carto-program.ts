import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../packages/cli/src/main.ts');

/**
 * How a user's `carto` is started: from the sources, or what `CARTO_PROGRAM` names (a released one). By the Node of this
 * process, or by that of `CARTO_NODE`; where that is empty, the program starts by itself.
 */
export function cartoArgv(...args: readonly string[]): readonly [program: string, ...args: string[]] {
  const program = process.env['CARTO_PROGRAM'] ?? MAIN;
  const node = process.env['CARTO_NODE'] ?? process.execPath;
  return node === '' ? [program, ...args] : [node, program, ...args];
}
