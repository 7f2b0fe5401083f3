import { expect, it } from 'vitest';
import type { JsonObject } from '../values/json.ts';
import { withoutNullKeywords } from './null-keywords.ts';

it.each<[what: string, schema: JsonObject, kept: JsonObject]>([
  ['keywords', { type: 'string', pattern: null, maxLength: null, enum: null, default: null }, { type: 'string' }],
  ['schemas', { items: null, not: null, type: 'array' }, { type: 'array' }],
  ['schemas by name', { properties: { a: null, b: { format: null } } }, { properties: { a: {}, b: {} } }],
  ['schemas in a list', { anyOf: [null, { minimum: null }] }, { anyOf: [{}, {}] }],
  [
    'keywords of deeper schemas',
    { additionalProperties: { items: { type: null } } },
    { additionalProperties: { items: {} } },
  ],
  ['nothing that is quoted', { enum: ['a', null], default: { a: null } }, { enum: ['a', null], default: { a: null } }],
  [
    'nothing of a field that is named like a keyword',
    { properties: { items: { type: 'string' } } },
    { properties: { items: { type: 'string' } } },
  ],
])('null leaves out %s', (_what, schema, kept) => {
  expect(withoutNullKeywords(schema)).toEqual(kept);
});
