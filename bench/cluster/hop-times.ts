import type { AuditEntry } from '@cartographer/testkit';
import { median, type Row } from '../row.ts';

type Hop = { readonly name: string; readonly fromUs: number; readonly toUs: number };

/**
 * Where a hop's time goes, as the server's audit log has it: its own time for an apply, and the time from its answer to
 * its getting the next apply. Objects of a chain are named `PREFIX-NUMBER`.
 */
export function hopTimes(
  entries: readonly AuditEntry[],
  prefixes: { readonly ours: string; readonly bare: string },
): readonly Row[] {
  const ours = timesOf(entries, prefixes.ours);
  const bare = timesOf(entries, prefixes.bare);
  const row = (name: string, part: keyof typeof ours): Row => ({
    name,
    value: median(ours[part]),
    unit: 'ms',
    floor: { name: 'bare script', value: median(bare[part]) },
  });
  return [
    row('of a hop, the server’s own time for the apply, p50', 'inServer'),
    row('of a hop, from the answer to the next apply, p50', 'between'),
  ];
}

function timesOf(entries: readonly AuditEntry[], prefix: string): Record<'inServer' | 'between', readonly number[]> {
  const inServer: number[] = [];
  const between: number[] = [];
  let previous: Hop | undefined;
  for (const entry of entries) {
    const { verb, objectRef } = entry;
    const name = objectRef?.name ?? '';
    if (verb !== 'patch' || objectRef?.resource !== 'configmaps' || !name.startsWith(`${prefix}-`)) continue;
    const hop = {
      name,
      fromUs: microseconds(entry.requestReceivedTimestamp),
      toUs: microseconds(entry.stageTimestamp),
    };
    inServer.push((hop.toUs - hop.fromUs) / 1_000);
    if (previous !== undefined && numberOf(name) === numberOf(previous.name) + 1) {
      between.push((hop.fromUs - previous.toUs) / 1_000);
    }
    previous = hop;
  }
  return { inServer, between };
}

function numberOf(name: string): number {
  return Number(name.slice(name.lastIndexOf('-') + 1));
}

/** `2026-01-02T03:04:05.123456Z` */
function microseconds(time: string): number {
  const [seconds = '', fraction = ''] = time.slice(0, -1).split('.');
  return Date.parse(`${seconds}Z`) * 1_000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}
