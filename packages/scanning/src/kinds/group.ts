import { READ_ANNOTATION, READ_CURRENT, type Schema, string } from '@cartographer/api';
import type { ValidationRule } from '@cartographer/machinery';

/** The API group of everything that scans. */
export const SCANNING_GROUP = 'scanning.carto.run';
/** `apiVersion` of every object of the group. */
export const SCANNING_API_VERSION = `${SCANNING_GROUP}/v1alpha1`;

/** On the definitions of scans: what one says counts only for the object as it is now. */
export const readCurrent = { [READ_ANNOTATION]: READ_CURRENT };

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

/** A rule that exactly one of two fields is there. */
export const exactlyOne = (left: string, right: string): ValidationRule => ({
  rule: `has(self.${left}) != has(self.${right})`,
  message: `exactly one of ${left} and ${right} must be set`,
});
