import { describe, expect, it } from 'vitest';
import { celInput, compilePredicate, compileQuery, type Json, RuleError } from '../index.ts';

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

/** A list that holds itself twice, as often: few steps, and a million items. */
const doubled = (text: string, times: number): string =>
  Array.from({ length: times }).reduce<string>((inner) => `[${inner}].map(x, [x, x])`, text);
const nested = (text: string, times: number): string => `${'['.repeat(times)}${text}${']'.repeat(times)}`;

describe('a query', () => {
  const ask = (text: string, inputs: Record<string, Json> = {}, limit = 1000) =>
    compileQuery(text, Object.keys(inputs)).evaluate(Object.values(inputs).map(celInput), limit);

  it.each([
    ['a.x + b', { a: { x: 1 }, b: 2 }, 3],
    ["{'k': [a, null, 1.5]}", { a: 'x' }, { k: ['x', null, 1.5] }],
    ["a['app.kubernetes.io/name'] + a.namespace", { a: { 'app.kubernetes.io/name': 'x', namespace: 'y' } }, 'xy'],
    ['a', { a: { __proto__x: [1, true] } }, { __proto__x: [1, true] }],
    ['9223372036854775807', {}, 9223372036854775807n],
  ])('%s gives JSON', (text, inputs, value) => {
    expect(ask(text, inputs)).toMatchObject({ kind: 'value', value });
  });

  it.each([
    ['a.y', /no such key: y/],
    ["b'x'", /JSON does not have/],
    ["timestamp('2026-01-01T00:00:00Z')", /JSON does not have/],
    ["[{1: 'x'}]", /keys are no texts/],
    ['0.0 / 0.0', /JSON does not have/],
  ])('%s fails', (text, message) => {
    const outcome = ask(text, { a: {} });
    expect(outcome.kind === 'failed' && outcome.message).toMatch(message);
  });

  it.each([
    ['parts that it holds a million times', doubled('1', 20), /gives more than 1000000 items/],
    ['levels without end', nested('1', 110), /more than 100 levels/],
  ])('fails that gives %s', (_what, text, message) => {
    const outcome = ask(text);
    expect(outcome.kind === 'failed' && outcome.message).toMatch(message);
  });

  it('says which variables it reads and which fields it names', () => {
    const query = compileQuery("a.packages.exists(p, p.name == 'x') && has(b.c) && 'boms' in b", ['a', 'b', 'c']);
    expect(['a', 'b', 'c', 'p'].map((name) => query.reads(name))).toEqual([true, true, false, true]);
    expect(['packages', 'c', 'boms', 'b'].map((name) => query.names(name))).toEqual([true, true, true, false]);
  });

  it('is evaluated as often as one likes, each time by itself', () => {
    const query = compileQuery('a.map(x, x + 1)', ['a']);
    const inputs = [celInput([1, 2])];
    expect(query.evaluate(inputs, 1000)).toEqual(query.evaluate(inputs, 1000));
    expect(query.evaluate(inputs, 3).kind).toBe('too costly');
  });
});
