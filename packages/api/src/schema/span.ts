import { type Schema, string } from './schema.ts';

/** A span of time, `168h` or `1h30m`. */
export const span = (description: string): Schema<string> =>
  string(`${description} A span like 168h or 1h30m.`, { pattern: '^([0-9]{1,6}[hms])+$', maxLength: 32 });

const UNIT_MS = { h: 3_600_000, m: 60_000, s: 1000 } as const;

/** Milliseconds of a {@link span}; undefined for a text that is none. */
export function spanMs(text: string): number | undefined {
  if (text.length > 32 || !/^([0-9]{1,6}[hms])+$/.test(text)) return undefined;
  return [...text.matchAll(/([0-9]+)([hms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS],
    0,
  );
}

/** A text without content is no text; `maxLength` is what the cost of rules over it is reckoned by. */
export const text = (description: string, maxLength: number): Schema<string> =>
  string(description, { minLength: 1, maxLength });
