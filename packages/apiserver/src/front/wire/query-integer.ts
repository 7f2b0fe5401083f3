import { badRequest, type StatusError } from '../../status-error.ts';

const INT64 = 2n ** 63n;
/** Longer numbers are out of range; reading them would take long. */
const MAX_DIGITS = 32;

/**
 * The integer that a query parameter holds; undefined when it is not given.
 * @throws StatusError 400 in the words of Go's `strconv`.
 */
export function integerOf(query: Readonly<Record<string, string>>, name: string): number | undefined {
  const text = query[name];
  if (text === undefined || text === '') return undefined;
  const refuse = (why: string): StatusError => badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^[+-]?[0-9]+$/.test(text)) throw refuse('invalid syntax');
  const value = text.length > MAX_DIGITS ? INT64 : BigInt(text.replace('+', ''));
  if (value >= INT64 || value < -INT64) throw refuse('value out of range');
  return Number(value);
}
