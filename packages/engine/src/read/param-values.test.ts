import { expect, test } from 'vitest';
import { paramValues } from './param-values.ts';

const none = { template: undefined, blueprint: undefined, resource: undefined, owner: undefined };
const param = (value: object) => [{ name: 'p', ...value }];

test.each([
  ['a template default', { template: param({ default: 't' }) }, 't'],
  ['a blueprint default over it', { template: param({ default: 't' }), blueprint: param({ default: 'b' }) }, 'b'],
  ['a resource default over that', { blueprint: param({ default: 'b' }), resource: param({ default: 'r' }) }, 'r'],
  ['the owner over defaults', { resource: param({ default: 'r' }), owner: param({ value: 'o' }) }, 'o'],
  ['a blueprint value over the owner', { blueprint: param({ value: 'b' }), owner: param({ value: 'o' }) }, 'b'],
  [
    'a resource value over both',
    { blueprint: param({ value: 'b' }), resource: param({ value: 'r' }), owner: param({ value: 'o' }) },
    'r',
  ],
  [
    'the owner again when the resource opens what the blueprint locked',
    { blueprint: param({ value: 'b' }), resource: param({ default: 'r' }), owner: param({ value: 'o' }) },
    'o',
  ],
  ['the owner for a param that nobody declared', { owner: param({ value: { a: [1] } }) }, { a: [1] }],
  [
    'the last of two of one name',
    {
      owner: [
        { name: 'p', value: 1 },
        { name: 'p', value: 2 },
      ],
    },
    2,
  ],
  ['what was there before a null value', { template: param({ default: 't' }), blueprint: param({ value: null }) }, 't'],
])('a param takes %s', (_what, levels, value) => {
  expect(paramValues({ ...none, ...levels })).toEqual({ p: value });
});

test('a param without any value is not there, and names are plain keys', () => {
  expect(paramValues({ ...none, blueprint: param({}) })).toEqual({});
  const values = paramValues({ ...none, owner: [{ name: '__proto__', value: 1 }] });
  expect(Object.keys(values)).toEqual(['__proto__']);
});
