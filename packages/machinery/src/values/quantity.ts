/** How a quantity is written: `1500m`, `2Mi` or `1e3`. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** An amount of a resource, exact: `units` × 10^`exponent`. */
export type Quantity = {
  readonly units: bigint;
  readonly exponent: number;
  readonly format: QuantityFormat;
  /** The text that Kubernetes writes for it: what it was parsed from, if that is canonical already. */
  readonly text: string;
};

const RULE = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const GRAMMAR = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*(?:[-+]?[0-9]*))$/;
const MAX_LENGTH = 256;
const MAX_EXPONENT = 1000;
const NANO = -9;
const MAX_INT64 = 2n ** 63n - 1n;
const DECIMAL: readonly (readonly [string, number])[] = [
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
];
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Parses a quantity (`100m`, `1.5Gi`, `2e3`); undefined when it is none. Amounts below 1n are rounded up to it. */
export function parseQuantity(text: string): Quantity | undefined {
  const match = text.length === 0 || text.length > MAX_LENGTH ? null : GRAMMAR.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  const unit = parseSuffix(suffix);
  if (unit === undefined) return undefined;
  const short = isShort(whole, fraction, unit);
  // A suffix alone is zero, but only where Kubernetes computes with int64.
  if (whole === '' && fraction === '' && !short) return undefined;
  const digits = BigInt(`0${whole}${fraction}`);
  const scaled = unit.format === 'BinarySI' ? digits * 2n ** BigInt(unit.power) : digits;
  const power = unit.format === 'BinarySI' ? 0 : unit.power;
  const magnitude = bounded({ units: scaled, exponent: power - fraction.length }, unit.format);
  const units = sign === '-' ? -magnitude.units : magnitude.units;
  const small = unit.format === 'BinarySI' && compareAmounts(magnitude, { units: 1n, exponent: 0 }) < 0;
  const format = small && fraction !== '' && digits !== 0n ? 'DecimalSI' : unit.format;
  const amount = { units, exponent: magnitude.exponent, format };
  const canonical = short && isWrittenCanonically(whole, fraction, unit);
  return { ...amount, text: canonical ? text : writeQuantity(amount) };
}

/**
 * The text that Kubernetes stores for a quantity: `1000m` becomes `1`, `1024Mi` becomes `1Gi`.
 * @throws RangeError when the text is no quantity.
 */
export function canonicalQuantity(text: string): string {
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw new RangeError(RULE);
  return quantity.text;
}

/** Negative if `left` is less than `right`, positive if it is more, 0 if both are the same amount. */
export function compareQuantities(left: Quantity, right: Quantity): number {
  return compareAmounts(left, right);
}

type Amount = Pick<Quantity, 'units' | 'exponent'>;
type Unit = { readonly power: number; readonly format: QuantityFormat };

function parseSuffix(suffix: string): Unit | undefined {
  const decimal = DECIMAL.find(([name]) => name === suffix);
  if (decimal !== undefined) return { power: decimal[1], format: 'DecimalSI' };
  const binary = BINARY.indexOf(suffix);
  if (binary > 0) return { power: binary * 10, format: 'BinarySI' };
  if (!/^[eE][-+]?[0-9]+$/.test(suffix)) return undefined;
  const power = Number(suffix.slice(1));
  return Math.abs(power) > MAX_EXPONENT ? undefined : { power, format: 'DecimalExponent' };
}

/** Rounds up to whole nanos, and caps binary amounts at the largest int64, as Kubernetes does. */
function bounded({ units, exponent }: Amount, format: QuantityFormat): Amount {
  let amount = { units, exponent };
  if (exponent < NANO) {
    const divisor = 10n ** BigInt(NANO - exponent);
    amount = { units: (units + divisor - 1n) / divisor, exponent: NANO };
  }
  const max = { units: MAX_INT64, exponent: 0 };
  return format === 'BinarySI' && compareAmounts(amount, max) > 0 ? max : amount;
}

function compareAmounts(left: Amount, right: Amount): number {
  const exponent = Math.min(left.exponent, right.exponent);
  const [a, b] = [atExponent(left, exponent), atExponent(right, exponent)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function atExponent({ units, exponent }: Amount, wanted: number): bigint {
  return units * 10n ** BigInt(exponent - wanted);
}

/** Whether Kubernetes computes with int64 and not with arbitrary precision; only then may it keep the text. */
function isShort(whole: string, fraction: string, { power, format }: Unit): boolean {
  const length = significantDigits(whole).length;
  if (format === 'BinarySI') return fraction === '' && 15 - length - Math.trunc((power * 3) / 10) - 1 >= 0;
  return 18 - length - fraction.length >= 0 && power - fraction.length >= NANO;
}

/**
 * Kubernetes keeps the text of a short quantity if it takes it for canonical: the power of ten is a multiple of three
 * and the digits do not end in `000`, or a binary amount is no multiple of 8.
 */
function isWrittenCanonically(whole: string, fraction: string, { power, format }: Unit): boolean {
  const digits = significantDigits(whole) + fraction;
  if (format === 'BinarySI') return (BigInt(digits) & 7n) !== 0n;
  return (power - fraction.length) % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0');
}

function significantDigits(whole: string): string {
  return whole.replace(/^0+/, '') || '0';
}

function writeQuantity({ units, exponent, format }: Amount & { readonly format: QuantityFormat }): string {
  if (units === 0n) return '0';
  const whole = exponent >= 0 ? units * 10n ** BigInt(exponent) : units / 10n ** BigInt(-exponent);
  const exact = exponent >= 0 || whole * 10n ** BigInt(-exponent) === units;
  if (format === 'BinarySI' && exact && (whole <= -1024n || whole >= 1024n)) return writeBinary(whole);
  return writeDecimal(units, exponent, format);
}

function writeBinary(amount: bigint): string {
  let [mantissa, step] = [amount, 0];
  while (step < BINARY.length - 1 && mantissa % 1024n === 0n) {
    mantissa /= 1024n;
    step++;
  }
  return `${mantissa}${BINARY[step]}`;
}

function writeDecimal(units: bigint, exponent: number, format: QuantityFormat): string {
  let [mantissa, power] = [units, exponent];
  while (mantissa % 10n === 0n) {
    mantissa /= 10n;
    power++;
  }
  while (power % 3 !== 0) {
    mantissa *= 10n;
    power--;
  }
  if (format === 'DecimalExponent') return power === 0 ? mantissa.toString() : `${mantissa}e${power}`;
  const largest = DECIMAL.at(-1)?.[1] ?? 0;
  if (power > largest) [mantissa, power] = [mantissa * 10n ** BigInt(power - largest), largest];
  return `${mantissa}${DECIMAL.find(([, step]) => step === power)?.[0] ?? ''}`;
}
