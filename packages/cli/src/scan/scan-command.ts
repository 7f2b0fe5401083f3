import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { CartoError, stringifyJson } from '@cartographer/machinery';
import {
  judge,
  openvex,
  type Report,
  readPolicyFile,
  type ScanInput,
  sarif,
  scan,
  table,
} from '@cartographer/scanning';
import { stopOnSignals } from '../frame/stop-signal.ts';
import type { Terminal } from '../frame/terminal.ts';
import { VERSION } from '../running/version.ts';

/** Flags of `carto scan`, beside the folder. */
export type ScanFlags = {
  readonly sbom?: string;
  readonly image?: string;
  readonly advisories: string;
  readonly policy?: string;
  readonly output: 'table' | 'json' | 'sarif' | 'openvex';
};

/** Exit code of a scan whose input was not read whole, or that a policy could not judge. */
const INCOMPLETE_EXIT = 1;
const REFUSED_EXIT = 2;

/** `carto scan`: matches a bill, the lock files of a folder, or an image against advisories, and sets the exit code. */
export async function runScan(folder: string | undefined, flags: ScanFlags, terminal: Terminal): Promise<void> {
  const input = inputOf(folder, flags);
  const policy = flags.policy === undefined ? undefined : await readPolicyFile(flags.policy);
  const stop = stopOnSignals();
  const say = (line: string): void => terminal.err(`carto: ${line}\n`);
  try {
    const options = {
      advisories: flags.advisories,
      clock: systemClock,
      random: Math.random,
      dockerConfig: process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'),
      fetch,
      signal: stop.signal,
      say,
      ...(policy === undefined ? {} : { policy }),
    };
    const { bill, report } = await scan(input, options);
    const verdict = policy === undefined ? undefined : judge(policy, { bill, report, input, nowMs: Date.now() });
    if (flags.output !== 'table') for (const ecosystem of report.uncovered) say(`no advisory speaks of ${ecosystem}`);
    terminal.out(
      {
        table: () => table(report),
        json: () => `${stringifyJson({ ...report, ...(verdict && { verdict }) }, 2)}\n`,
        sarif: () => `${stringifyJson(sarif(report, bill.packages, VERSION), 2)}\n`,
        openvex: () => `${stringifyJson(openvex(report, new Date()), 2)}\n`,
      }[flags.output](),
    );
    for (const { what, why } of report.attached?.ignored ?? []) say(`findings that do not count: ${what} ${why}`);
    if (verdict !== undefined) say(verdict.message);
    if (verdict?.result === 'Unknown') terminal.exitCode = INCOMPLETE_EXIT;
    if (!report.complete) tellIncomplete(report, say, terminal);
    if (verdict?.result === 'Refused') terminal.exitCode = REFUSED_EXIT;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say('stopped before the scan was done');
    terminal.exitCode = INCOMPLETE_EXIT;
  } finally {
    stop.dispose();
  }
}

function tellIncomplete(
  { unread, attached, advisories }: Report,
  say: (line: string) => void,
  terminal: Terminal,
): void {
  const count = unread.length + (attached?.unread.length ?? 0) + advisories.unreadCount;
  say(`the scan is incomplete: ${count} inputs could not be read; -o table and -o json name them`);
  terminal.exitCode = INCOMPLETE_EXIT;
}

function inputOf(folder: string | undefined, { sbom, image }: ScanFlags): ScanInput {
  const given = [folder, sbom, image].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw new CartoError(
      'CARTO_USAGE',
      'name one thing to scan: a folder with lock files, a bill by --sbom, or an image by --image',
    );
  }
  if (image !== undefined) return { image };
  return sbom === undefined ? { folder: folder ?? '' } : { sbom };
}
