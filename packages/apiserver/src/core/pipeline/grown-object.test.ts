import { getPath, isList, type Json, type JsonObject } from '@cartographer/machinery';
import { beforeEach, describe, expect, test } from 'vitest';

import { createTestCore, failureOf, gadget, gadgets, refusal, type TestCore } from '../testing/core.ts';

const CRDS = 'customresourcedefinitions';
const TOO_LARGE = '413 RequestEntityTooLarge';
const LIMIT = 3 * 1024 * 1024;

let t: TestCore;
beforeEach(async () => {
  t = await createTestCore();
});

/** A list of objects, each with a default of so many characters. */
const listOf = (characters: number): JsonObject => ({
  type: 'object',
  properties: {
    text: { type: 'string' },
    l: {
      type: 'array',
      items: { type: 'object', properties: { text: { type: 'string', default: 'x'.repeat(characters) } } },
    },
  },
});
const items = (count: number): JsonObject => ({ l: Array.from({ length: count }, () => ({})) });

describe('an object that defaults make too large', () => {
  beforeEach(async () => {
    await t.create(CRDS, gadgets(listOf(10_000)));
    await t.create('gadgets', gadget('small', items(1)));
  });

  const writes: readonly (readonly [string, (spec: JsonObject) => Promise<unknown>])[] = [
    ['create', (spec) => t.create('gadgets', gadget('new', spec))],
    ['create as a dry run', (spec) => t.create('gadgets', gadget('new', spec), { dryRun: 'All' })],
    ['update', (spec) => t.update('gadgets', { ...t.get('gadgets', 'small'), spec })],
    ['merge patch', (spec) => t.patch('gadgets', 'small', 'merge', { spec })],
    ['JSON patch', (spec) => t.patch('gadgets', 'small', 'json', [{ op: 'replace', path: '/spec', value: spec }])],
    ['apply', (spec) => t.apply('gadgets', gadget('small', spec), { force: true })],
    ['apply of a new one', (spec) => t.apply('gadgets', gadget('new', spec))],
  ];
  test.each(writes)('is refused: %s', async (_how, write) => {
    expect(await refusal(write(items(2_000)))).toBe(TOO_LARGE);
    await write(items(200));
  });

  test('is refused for what it has and what is added together', async () => {
    const spec = { ...items(200), text: 'y'.repeat(2_000_000) };
    expect(await refusal(t.create('gadgets', gadget('both', spec)))).toBe(TOO_LARGE);
    expect(await refusal(t.apply('gadgets', gadget('both', spec)))).toBe(TOO_LARGE);
    await t.create('gadgets', gadget('text', { text: spec.text }));
    expect(await refusal(t.patch('gadgets', 'text', 'merge', { spec: items(200) }))).toBe(TOO_LARGE);
  });

  test('is refused at the limit', async () => {
    const count = Math.floor(LIMIT / 10_050);
    await t.create('gadgets', gadget('most', items(count)));
    expect(await refusal(t.create('gadgets', gadget('more', items(count + 20))))).toBe(TOO_LARGE);
  });
});

test('an object stays readable when defaults that come later would make too much of it', async () => {
  await t.create(CRDS, gadgets(listOf(1)));
  await t.create('gadgets', gadget('many', items(2_000)));
  await t.patch(CRDS, 'gadgets.probe.test', 'merge', {
    spec: { versions: (gadgets(listOf(10_000))['spec'] as JsonObject)['versions'] },
  });
  const l = getPath(t.get('gadgets', 'many'), 'spec', 'l');
  expect(isList(l) ? l.length : 0).toBe(2_000);
  await t.remove('gadgets', 'many');
  expect(t.has('gadgets', 'many')).toBe(false);
});

test('defaults that grow with the power of their depth are refused with their definition', async () => {
  const ten: Json = Array.from({ length: 10 }, () => ({}));
  let schema: JsonObject = { type: 'string', default: 'x' };
  for (let level = 0; level < 8; level += 1) {
    schema = { type: 'array', default: ten, items: { type: 'object', properties: { inner: schema } } };
  }
  const error = await failureOf(t.create(CRDS, gadgets({ type: 'object', properties: { top: schema } })));
  expect(error.status.code).toBe(422);
  expect(error.status.message).toMatch(/defaults add more than \d+ characters once they are filled in themselves/);
});

test('a JSON patch that copies into itself is refused', async () => {
  await t.create(CRDS, gadgets());
  await t.create('gadgets', gadget('self', { a: { text: 'x'.repeat(100) } }));
  const copies = Array.from({ length: 60 }, (_, i) => ({ op: 'copy', from: '/spec', path: `/spec/a${i}` }));
  expect(await refusal(t.patch('gadgets', 'self', 'json', copies))).toBe('422 Invalid');
});
