import { describe, expect, it } from 'vitest';
import { steadyRefusal } from './steady-refusal.ts';

const count = { field: 'spec.count', message: 'Invalid value: 0: must be 1 or more' };
const size = { field: 'spec.size', message: 'Unsupported value: "medium": supported values: "small", "large"' };
const text = ({ field, message }: typeof count): string => `${field}: ${message}`;
const head = 'Strict.golden.test "app" is invalid: ';

describe('the text of a refusal', () => {
  it.each([
    ['as the server has it', [count, size]],
    ['the other way round', [size, count]],
  ])('has its causes in the order of their fields when they come %s', (_how, causes) => {
    const message = `${head}[${causes.map(text).join(', ')}]`;
    expect(steadyRefusal({ message, details: { causes } })).toBe(`${head}[${text(count)}, ${text(size)}]`);
  });

  it.each([
    ['has one cause', { message: `${head}${text(count)}`, details: { causes: [count] } }],
    ['has no causes', { message: 'forbidden: [b, a]' }],
    ['says more than its causes', { message: `${head}[${text(size)}] and more`, details: { causes: [size, count] } }],
  ])('stays as it is when it %s', (_what, status) => {
    expect(steadyRefusal(status)).toBe(status.message);
  });
});
