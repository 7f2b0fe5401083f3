import { CartoError } from '@cartographer/machinery';
import type { LogLevel } from '@cartographer/runtime';

const LEVELS: readonly string[] = ['error', 'warn', 'info', 'debug'] satisfies LogLevel[];

/**
 * Reads a `--log-level`, in any case.
 * @throws CartoError `CARTO_USAGE` for any other text.
 */
export function logLevel(text: string): LogLevel {
  const level = text.toLowerCase();
  if (!LEVELS.includes(level)) {
    throw new CartoError('CARTO_USAGE', `--log-level "${text}" is none of ${LEVELS.join(', ')}`, { retry: 'never' });
  }
  return level as LogLevel;
}
