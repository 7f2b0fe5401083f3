import type { TargetFlags } from '../frame/flags.ts';
import { parseOwner } from '../frame/owner-name.ts';
import { runSession } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { tailLogs } from './tail.ts';

/** Flags of `carto tail`. */
export type TailFlags = TargetFlags & {
  readonly step?: string;
  readonly container?: string;
  readonly previous?: boolean;
  readonly follow: boolean;
  /** Milliseconds. */
  readonly since?: number;
  readonly lines?: number | 'all';
  readonly timestamps?: boolean;
  readonly raw?: boolean;
  readonly output?: 'ndjson';
};

const DEFAULT_LINES = 100;

/** `carto tail` */
export async function runTail(name: string, flags: TailFlags, surroundings: Surroundings): Promise<void> {
  const { step, container, previous = false, since, timestamps = false, raw = false } = flags;
  const owner = parseOwner(name);
  await runSession(surroundings, flags, { writes: false }, (session) =>
    tailLogs(session, owner, {
      ...(step === undefined ? {} : { step }),
      ...(container === undefined ? {} : { container }),
      previous,
      follow: flags.follow && !previous,
      lines: linesOf(flags),
      sinceMs: since,
      timestamps,
      raw,
      asJson: flags.output === 'ndjson',
      signal: session.signal,
    }),
  );
}

function linesOf({ lines, since }: TailFlags): number | undefined {
  if (lines === 'all') return undefined;
  return lines ?? (since === undefined ? DEFAULT_LINES : undefined);
}
