import { isObject, type Json, type JsonObject, parseJson } from '@cartographer/machinery';
import { beforeAll, expect, test } from 'vitest';

import { createTestCore, gadget, gadgets, refusal, type TestCore } from '../testing/core.ts';

let t: TestCore;
beforeAll(async () => {
  t = await createTestCore();
  await t.create('customresourcedefinitions', gadgets());
  await t.create('gadgets', gadget('bounded', { z: 1 }));
});

const deep = (levels: number): Json => parseJson('{"a":'.repeat(levels) + '1' + '}'.repeat(levels));
const deepList = parseJson('['.repeat(100_000) + ']'.repeat(100_000));

test('keys that JavaScript treats specially are plain keys', async () => {
  const spec = parseJson('{"__proto__":{"polluted":1},"constructor":{"prototype":2},"toString":"x"}');
  await t.create('gadgets', gadget('proto', spec));
  const merge = parseJson('{"spec":{"__proto__":{"more":1}},"metadata":{"labels":{"constructor":"c"}}}');
  await t.patch('gadgets', 'proto', 'merge', merge);
  await t.apply('gadgets', gadget('proto', parseJson('{"__proto__":{"applied":true}}')), { force: true });
  await t.patch('gadgets', 'proto', 'json', [{ op: 'add', path: '/spec/__proto__/added', value: 1 }]);
  const stored = t.get('gadgets', 'proto') as unknown as { spec: JsonObject };
  expect(Object.getOwnPropertyDescriptor(stored.spec, '__proto__')?.value).toEqual({
    polluted: 1,
    more: 1,
    applied: true,
    added: 1,
  });
  expect(Object.keys(stored.spec).toSorted()).toEqual(['__proto__', 'constructor', 'toString']);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  const cm = parseJson('{"metadata":{"name":"proto"},"data":{"__proto__":"a","constructor":"b"}}') as JsonObject;
  await t.create('configmaps', cm);
  const selected = await t.core.list(t.info('configmaps'), { labelSelector: 'constructor,toString' });
  expect(selected.items).toEqual([]);
});

test.each([
  ['POST', () => t.create('gadgets', gadget('deep', deep(10_000)))],
  ['POST of a list', () => t.create('gadgets', deepList as JsonObject)],
  ['POST of a built-in kind', () => t.create('configmaps', { metadata: { name: 'deep' }, data: deep(10_000) })],
  ['PUT', () => t.update('gadgets', gadget('proto', deep(10_000)))],
  ['merge patch', () => t.patch('gadgets', 'proto', 'merge', { spec: deep(10_000) })],
  ['JSON patch', () => t.patch('gadgets', 'proto', 'json', [{ op: 'add', path: '/spec/d', value: deep(10_000) }])],
  ['strategic merge patch', () => t.patch('configmaps', 'proto', 'strategic', { data: deep(10_000) })],
  ['apply', () => t.apply('gadgets', gadget('proto', deep(10_000)))],
])('a body of ten thousand levels is refused: %s', async (_name, work) => {
  expect(await refusal(work())).toBe('400 BadRequest');
});

test.each([
  ['POST', (spec: Json) => t.create('gadgets', gadget('bound', spec))],
  ['merge patch', (spec: Json) => t.patch('gadgets', 'bounded', 'merge', { spec })],
  ['JSON patch', (spec: Json) => t.patch('gadgets', 'bounded', 'json', [{ op: 'add', path: '/spec/d', value: spec }])],
  ['apply', (spec: Json) => t.apply('gadgets', gadget('bounded', spec))],
])('an object that nests a level or two too deep is refused like a deeper one: %s', async (_name, write) => {
  for (const levels of [499, 500, 501, 502]) {
    expect(await refusal(write(deep(levels)))).toBe('400 BadRequest');
  }
});

test('what patches build up together cannot nest too deep either', async () => {
  await t.create('gadgets', gadget('grown', { a: {} }));
  let path = '/spec/a';
  let answer = '';
  for (let round = 0; round < 10 && answer === ''; round++) {
    const work = t.patch('gadgets', 'grown', 'json', [{ op: 'add', path: `${path}/a`, value: deep(100) }]);
    answer = await work.then(
      () => '',
      () => refusal(work),
    );
    path += '/a'.repeat(101).slice(0, 202);
  }
  expect(answer).toMatch(/^4\d\d /);
});

const bodies: readonly Json[] = [null, 1, 'x', [], [1], true, { metadata: 1 }, { metadata: [] }, { metadata: 'x' }];

test.each(bodies.map((body) => [body]))('the body %j is refused', async (body) => {
  for (const resource of ['configmaps', 'gadgets']) {
    const as =
      resource === 'gadgets' && isObject(body) ? { apiVersion: 'probe.test/v1', kind: 'Gadget', ...body } : body;
    expect(await refusal(t.create(resource, as as JsonObject))).toMatch(/^400 /);
    expect(
      await refusal(
        t.core.update(
          t.info(resource),
          { namespace: 'default', name: 'proto' },
          as,
          {},
          { user: { name: '', groups: [] }, fieldManager: 'f', warnings: [] },
        ),
      ),
    ).toMatch(/^400 /);
    expect(await refusal(t.patch(resource, 'proto', 'apply', as, { fieldManager: 'm' }))).toMatch(/^400 /);
  }
});

test.each([
  [{ labels: { 'a b': 'c' } }, 'FieldValueInvalid@metadata.labels'],
  [{ labels: { a: 'c c' } }, 'FieldValueInvalid@metadata.labels'],
  [{ annotations: { a: 'x'.repeat(270_000) } }, 'FieldValueTooLong@metadata.annotations'],
  [{ finalizers: ['not a name'] }, 'FieldValueInvalid@metadata.finalizers[0]'],
  [{ ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'y' }] }, 'FieldValueInvalid@metadata.ownerReferences.uid'],
])('bad metadata %# is refused', async (metadata, cause) => {
  const body = { metadata: { name: 'bad', ...metadata } };
  expect(await refusal(t.create('configmaps', body))).toBe(`422 Invalid ${cause}`);
});

test.each([
  ['labels', { labels: [] }],
  ['labels of numbers', { labels: { a: 1 } }],
  ['finalizers', { finalizers: 'x' }],
  ['owner references', { ownerReferences: [1] }],
  ['creation time', { creationTimestamp: 'yesterday' }],
  ['generation', { generation: 'one' }],
  ['name', { name: 7 }],
])('metadata of a wrong type is refused: %s', async (_name, metadata) => {
  for (const resource of ['configmaps', 'gadgets']) {
    const body = { ...(resource === 'gadgets' ? gadget('typed') : {}), metadata: { name: 'typed', ...metadata } };
    expect(await refusal(t.create(resource, body))).toBe('400 BadRequest');
  }
});

test('a ConfigMap or Secret may hold one mebibyte', async () => {
  const text = 'x'.repeat(1_100_000);
  expect(await refusal(t.create('configmaps', { metadata: { name: 'big' }, data: { a: text } }))).toBe(
    '422 Invalid FieldValueTooLong@[]',
  );
  expect(await refusal(t.create('secrets', { metadata: { name: 'big' }, stringData: { a: text } }))).toBe(
    '422 Invalid FieldValueTooLong@data',
  );
});

test('an object cannot grow without end', async () => {
  await t.create('gadgets', gadget('large', {}));
  const grow = (i: number) => t.patch('gadgets', 'large', 'merge', { spec: { [`f${i}`]: 'x'.repeat(1_000_000) } });
  await grow(0);
  await grow(1);
  await grow(2);
  expect(await refusal(grow(3))).toBe('413 RequestEntityTooLarge');
  const body = gadget('large', { applied: 'x'.repeat(1_000_000) });
  expect(await refusal(t.apply('gadgets', body, { force: true }))).toBe('413 RequestEntityTooLarge');
});

test('a JSON patch may hold ten thousand operations', async () => {
  const operations = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind', value: 'Gadget' }));
  expect(await refusal(t.patch('gadgets', 'proto', 'json', operations))).toBe('413 RequestEntityTooLarge');
});
