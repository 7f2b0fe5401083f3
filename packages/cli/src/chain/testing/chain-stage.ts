import { crds } from '@cartographer/api';
import { grantedAccountYaml, type StagedServer, stageServer } from '@cartographer/testkit';
import { runCommandLine } from '../../command-line.ts';
import {
  type TestSurroundingsOptions,
  type TestTerminalOptions,
  testSurroundings,
  testTerminal,
} from '../../frame/testing/test-surroundings.ts';
import { workedBy } from '../../testing/controller-at-work.ts';
import { CHAINS } from './chains.ts';

/** How a command ended, and what it printed. */
export type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** Runs a command; without a stage there is no cluster. */
export async function run(
  at: StagedServer | undefined,
  argv: readonly string[],
  terminal: TestTerminalOptions = {},
  more: TestSurroundingsOptions = {},
): Promise<Ran> {
  const where = at === undefined ? {} : { transport: at.faults, clock: at.clock };
  const own = testTerminal(terminal);
  await runCommandLine(['node', 'carto', ...argv], testSurroundings({ ...where, ...more, terminal: own }));
  return { code: own.exitCode, out: own.written(), err: own.told() };
}

/** A server with chains of every sort, and with owners that a controller has worked on, three hours ago. */
export async function chainStage(): Promise<StagedServer & AsyncDisposable> {
  const at = await stageServer({ crds: crds(), userAgent: 'test', authorization: 'RBAC' });
  await workedBy(at, `${grantedAccountYaml('default')}---\n${CHAINS}`);
  at.clock.jump(THREE_HOURS_MS);
  return { ...at, [Symbol.asyncDispose]: () => at.server.close() };
}

const THREE_HOURS_MS = 3.1 * 60 * 60_000;
