import type { Log } from '@cartographer/machinery';
import { pino } from 'pino';

/** How much a log says. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** A structured log that writes one JSON object per line to `destination` (standard error by default). */
export function createLog(options: { level?: LogLevel; destination?: { write(line: string): void } } = {}): Log {
  const base = { level: options.level ?? 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime } as const;
  const settings = { ...base, formatters: { level: (label: string) => ({ level: label }) } };
  return options.destination === undefined
    ? pino(settings, pino.destination({ fd: 2, sync: true }))
    : pino(settings, options.destination);
}
