import { describe, expect, it } from 'vitest';
import { compilePredicate, RuleError } from '../index.ts';

const schema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    score: { type: 'number' },
    tags: { type: 'array', items: { type: 'string' } },
  },
} as const;
const said = (text: string, value = { name: 'a', score: 7, tags: ['x'] }, limit = 1000) =>
  compilePredicate(text, 'it', schema).evaluate(value, limit);

describe('a predicate', () => {
  it.each([
    ["it.name == 'a' && it.score >= 6.5", true],
    ["'y' in it.tags", false],
    ["it.tags.exists(tag, tag.startsWith('x'))", true],
  ])('%s is %s', (text, holds) => {
    expect(said(text)).toMatchObject({ kind: 'said', holds });
  });

  it.each([
    ['it.other', /no such key/],
    ['it.name', /neither true nor false/],
    ['it.name > 5', /no such overload/],
    ['1 / 0 == 1', /divi/],
  ])('%s fails', (text, message) => {
    const outcome = said(text);
    expect(outcome.kind).toBe('failed');
    expect(outcome.kind === 'failed' && outcome.message).toMatch(message);
  });

  it.each(['other == 1', 'it.', '', 'now() > 1', 'self == 1'])('%j does not compile', (text) => {
    expect(() => compilePredicate(text, 'it', schema)).toThrow(RuleError);
  });

  it('is too costly as soon as it costs more than it may, and not before', () => {
    const { cost } = said("it.tags.all(tag, tag != 'y')");
    expect(said("it.tags.all(tag, tag != 'y')", undefined, cost)).toMatchObject({ kind: 'said', holds: true, cost });
    expect(said("it.tags.all(tag, tag != 'y')", undefined, cost - 1).kind).toBe('too costly');
  });

  it('that loops within loops ends', () => {
    const numbers = `[${Array.from({ length: 50 }, (_, i) => i).join(',')}]`;
    const nested = ['a', 'b', 'c', 'd'].reduce((inner, name) => `${numbers}.all(${name}, ${inner})`, 'it.score > 0.0');
    expect(said(nested, undefined, 10_000).kind).toBe('too costly');
  });
});
