import { getPath, silentLog, textAt, type WireRequest } from '@cartographer/machinery';
import { createFakeClock, type FakeClock } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type ApiServer, createApiServer } from '../../api-server.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';

let clock: FakeClock;
let server: ApiServer;
beforeAll(async () => {
  clock = createFakeClock();
  server = await createApiServer({ clock, log: silentLog });
  await send('POST', MAPS, {}, { metadata: { name: 'kept' } });
});
afterAll(() => server.close());

async function send(
  method: WireRequest['method'],
  path: string,
  query: object,
  body?: object,
  type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
): Promise<string> {
  const headers = {
    authorization: `Bearer ${server.adminToken}`,
    'content-type': type,
  };
  const stop = new AbortController();
  const bytes = body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) };
  const request = { method, path, query: query as Record<string, string>, headers, signal: stop.signal, ...bytes };
  const answer = await server.request(request);
  stop.abort();
  const message = getPath(answer.body, 'status') === 'Failure' ? ` ${textAt(answer.body, 'message')}` : '';
  return `${answer.status}${message}`;
}

const uint = (text: string, why = 'invalid syntax'): string =>
  `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": ${why}`;
const int = (text: string, why = 'invalid syntax'): string => `400 strconv.ParseInt: parsing "${text}": ${why}`;
const options = (text: string): string => `422 ListOptions.meta.k8s.io "" is invalid: ${text}`;
const FORBIDDEN = 'resourceVersionMatch: Forbidden: ';
const ONLY_NOT_OLDER = 'resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"';

/** What a real server of Kubernetes 1.34 answers. */
const lists: readonly (readonly [string, string])[] = [
  ['resourceVersion=abc', `400 invalid resource version: ${uint('abc')}`],
  ['resourceVersion=-1', `400 invalid resource version: ${uint('-1')}`],
  ['resourceVersion=1.5', `400 invalid resource version: ${uint('1.5')}`],
  ['resourceVersion=%20', `400 invalid resource version: ${uint(' ')}`],
  ['resourceVersion=%2B1', `400 invalid resource version: ${uint('+1')}`],
  ['resourceVersion=0x10', `400 invalid resource version: ${uint('0x10')}`],
  [
    'resourceVersion=18446744073709551616',
    `400 invalid resource version: ${uint('18446744073709551616', 'value out of range')}`,
  ],
  ['resourceVersion=', '200'],
  ['resourceVersion=01', '200'],
  ['resourceVersion=abc&limit=1', `400 invalid resource version: ${uint('abc')}`],
  ['resourceVersion=abc&resourceVersionMatch=Exact', `400 invalid resource version: ${uint('abc')}`],
  [
    'resourceVersionMatch=Exact',
    options(`${FORBIDDEN}resourceVersionMatch is forbidden unless resourceVersion is provided`),
  ],
  [
    'resourceVersion=0&resourceVersionMatch=Exact',
    options(`${FORBIDDEN}resourceVersionMatch "exact" is forbidden for resourceVersion "0"`),
  ],
  [
    'continue=abc&resourceVersionMatch=Exact&resourceVersion=1',
    options(`${FORBIDDEN}resourceVersionMatch is forbidden when continue is provided`),
  ],
  ['sendInitialEvents=true', options('sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list')],
  [
    'continue=abc',
    "400 invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
  ],
  [
    'resourceVersion=1&continue=abc',
    "400 invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
  ],
  ['limit=abc', int('abc')],
  ['limit=1.5', int('1.5')],
  ['limit=0x5', int('0x5')],
  ['limit=99999999999999999999', int('99999999999999999999', 'value out of range')],
  ['limit=-1', '200'],
  ['timeoutSeconds=abc', int('abc')],
  ['timeoutSeconds=-1', '200'],
  ['fieldSelector=abc', `400 invalid selector: 'abc'; can't understand 'abc'`],
  ['fieldSelector=spec.x=1', '400 "spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
  ['labelSelector=!', "400 unable to parse requirement: found '', expected: identifier"],
];
const watches: readonly (readonly [string, string])[] = [
  ['resourceVersion=abc', `500 ${uint('abc')}`],
  ['resourceVersion=18446744073709551616', `500 ${uint('18446744073709551616', 'value out of range')}`],
  [
    'resourceVersion=1&resourceVersionMatch=Exact',
    options(
      `[${FORBIDDEN}resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided, ${ONLY_NOT_OLDER}]`,
    ),
  ],
  [
    'sendInitialEvents=true',
    options(`${FORBIDDEN}sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`),
  ],
  [
    'sendInitialEvents=true&resourceVersionMatch=Exact',
    options(`[${FORBIDDEN}sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, ${ONLY_NOT_OLDER}]`),
  ],
  ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=abc', `500 ${uint('abc')}`],
  ['continue=x', options(`${FORBIDDEN}resourceVersionMatch is forbidden when continue is provided`)],
  ['limit=abc', int('abc')],
  ['timeoutSeconds=abc', int('abc')],
  ['fieldSelector=abc', `400 invalid selector: 'abc'; can't understand 'abc'`],
  ['labelSelector=!', "400 unable to parse requirement: found '', expected: identifier"],
];

const queryOf = (text: string): Record<string, string> => Object.fromEntries(new URLSearchParams(text));

describe('parameters are judged as on a real server', () => {
  test.each(lists)('of a list: %s', async (query, answer) => {
    expect(await send('GET', MAPS, queryOf(query))).toBe(answer);
  });

  test.each(lists)('of a delete of all: %s', async (query, answer) => {
    if (query.startsWith('continue=abc') || query.endsWith('&continue=abc')) return; // it has no pages
    expect(await send('DELETE', MAPS, { ...queryOf(query), dryRun: 'All' })).toBe(answer);
  });

  test.each(watches)('of a watch: %s', async (query, answer) => {
    expect(await send('GET', MAPS, { ...queryOf(query), watch: 'true' })).toBe(answer);
  });

  test('of a get', async () => {
    expect(await send('GET', `${MAPS}/kept`, { resourceVersion: 'abc' })).toBe(`500 ${uint('abc')}`);
  });

  test('of a delete', async () => {
    expect(await send('DELETE', `${MAPS}/kept`, { gracePeriodSeconds: '1.5' })).toBe(int('1.5'));
  });

  test.each<[WireRequest['method'], object]>([
    ['PUT', { metadata: { name: 'kept', resourceVersion: 'abc' } }],
    ['PATCH', { metadata: { resourceVersion: 'abc' } }],
  ])('of what a %s expects', async (method, body) => {
    expect(await send(method, `${MAPS}/kept`, {}, body)).toBe('500 strconv.ParseUint: parsing "abc": invalid syntax');
  });

  test('of what an apply expects', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept', resourceVersion: 'abc' } };
    const type = 'application/apply-patch+yaml';
    const answer = await send('PATCH', `${MAPS}/kept`, { fieldManager: 'x' }, object, type);
    expect(answer).toBe('500 strconv.ParseUint: parsing "abc": invalid syntax');
  });

  test('of what a create brings', async () => {
    const create = (resourceVersion: string): Promise<string> =>
      send('POST', MAPS, { dryRun: 'All' }, { metadata: { name: 'new', resourceVersion } });
    expect(await create('5')).toBe('500 resourceVersion should not be set on objects to be created');
    expect(await create('0')).toBe('201');
    expect(await create('abc')).toBe('201');
  });
});

test('a list of the largest version there can be is ahead of time', async () => {
  const list = send('GET', MAPS, { resourceVersion: '18446744073709551615' });
  for (let i = 0; i < 100; i += 1) await clock.advance(100);
  expect(await list).toMatch(/^504 Timeout: Too large resource version: 18446744073709551615, current: \d+$/);
});

describe('a delete whose options cannot be read deletes nothing', () => {
  test.each<object>([
    { preconditions: 'x' },
    { preconditions: { uid: 5 } },
    { preconditions: { resourceVersion: 5 } },
    { dryRun: 'All' },
    { dryRun: [5] },
    { gracePeriodSeconds: 'abc' },
    { kind: 'Foo' },
  ])('%j', async (body) => {
    expect(await send('DELETE', `${MAPS}/kept`, {}, { apiVersion: 'v1', ...body })).toMatch(/^400 /);
    expect(await send('GET', `${MAPS}/kept`, {})).toBe('200');
  });

  test('but one whose preconditions fail says which', async () => {
    const answer = await send('DELETE', `${MAPS}/kept`, {}, { preconditions: { resourceVersion: 'abc' } });
    expect(answer).toContain('409 Operation cannot be fulfilled on ConfigMap "kept": the ResourceVersion in the');
  });
});
