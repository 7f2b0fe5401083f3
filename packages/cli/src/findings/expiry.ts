import { CartoError, rfc3339 } from '@cartographer/machinery';

const DAY_MS = 86_400_000;
const UNIT_MS = { d: DAY_MS, w: 7 * DAY_MS, h: 3_600_000, m: 60_000, s: 1000 } as const;
/** The last moment that RFC 3339 has. */
const NEVER = '9999-12-31T23:59:59Z';

/**
 * When an exception ends: `30d`, `2w`, `12h` from now, a date, which counts to its end, a time in RFC 3339, or `never`.
 * @throws CartoError `CARTO_USAGE` for what is none of these, or lies behind.
 */
export function readExpiry(text: string, nowMs: number): string {
  if (text === 'never') return NEVER;
  const atMs = spanEnd(text, nowMs) ?? dateEnd(text);
  if (atMs === undefined || Number.isNaN(atMs)) {
    throw new CartoError('CARTO_USAGE', `--expires "${text}": give a span like 30d, a date like 2027-01-31, or never`);
  }
  if (atMs <= nowMs) throw new CartoError('CARTO_USAGE', `--expires "${text}" is over already`);
  return rfc3339(atMs);
}

function spanEnd(text: string, nowMs: number): number | undefined {
  if (!/^([0-9]{1,5}[wdhms])+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([0-9]+)([wdhms])/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS], nowMs);
}

function dateEnd(text: string): number | undefined {
  const day = /^\d{4}-\d\d-\d\d$/.test(text);
  if (!day && !/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const atMs = Date.parse(day ? `${text}T00:00:00Z` : text);
  // 30 February is read as 2 March.
  if (day && !Number.isNaN(atMs) && !new Date(atMs).toISOString().startsWith(text)) return undefined;
  return day ? atMs + DAY_MS : atMs;
}
