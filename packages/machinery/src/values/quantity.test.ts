import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import recorded from '../recorded/quantities.json' with { type: 'json' };
import { canonicalQuantity, compareQuantities, parseQuantity, type Quantity } from './quantity.ts';

function parsed(text: string): Quantity {
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw new Error(`${text} is no quantity`);
  return quantity;
}

describe('quantities as Kubernetes writes them', () => {
  it.each(Object.entries(recorded))('%s', (text, expected) => {
    expect(parseQuantity(text)?.text ?? null).toBe(expected);
    if (expected === null) expect(() => canonicalQuantity(text)).toThrow('quantities must match');
    else expect(canonicalQuantity(text)).toBe(expected);
  });

  it('keeps 1000E, which Kubernetes writes as 1', () => {
    expect(canonicalQuantity('1000E')).toBe('1000E');
  });
});

describe('laws', () => {
  const suffix = fc.constantFrom('', 'm', 'k', 'M', 'G', 'u', 'n', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E', 'e-3');
  const number = fc.oneof(
    fc.integer({ min: -9999, max: 9999 }).map(String),
    fc.stringMatching(/^-?[0-9]{1,4}\.[0-9]{1,4}$/),
  );
  const text = fc.tuple(number, suffix).map((parts) => parts.join(''));

  it('the canonical text is the same amount, and canonical itself once no binary suffix is lost', () => {
    fc.assert(
      fc.property(text, (any) => {
        const canonical = canonicalQuantity(any);
        expect(compareQuantities(parsed(any), parsed(canonical))).toBe(0);
        // A binary amount that no 1024 divides is written without a suffix, `437.50Ki` as `448000`; read again it is decimal.
        const again = canonicalQuantity(canonical);
        expect(compareQuantities(parsed(again), parsed(canonical))).toBe(0);
        expect(canonicalQuantity(again)).toBe(again);
      }),
    );
  });

  it('comparison is a total order', () => {
    fc.assert(
      fc.property(text, text, text, (x, y, z) => {
        const [a, b, c] = [parsed(x), parsed(y), parsed(z)];
        expect(Math.sign(compareQuantities(a, b))).toBe(-Math.sign(compareQuantities(b, a)) || 0);
        if (compareQuantities(a, b) <= 0 && compareQuantities(b, c) <= 0)
          expect(compareQuantities(a, c)).toBeLessThanOrEqual(0);
      }),
    );
    expect(compareQuantities(parsed('1Ki'), parsed('1k'))).toBeGreaterThan(0);
    expect(compareQuantities(parsed('1000m'), parsed('1'))).toBe(0);
  });

  it('answers any text', () => {
    fc.assert(fc.property(fc.stringMatching(/^[-+0-9.eEKimkn]{0,9}$/), (any) => void parseQuantity(any)));
    expect(parseQuantity('9'.repeat(1000))).toBeUndefined();
    expect(parseQuantity('1e999999999')).toBeUndefined();
  });
});
