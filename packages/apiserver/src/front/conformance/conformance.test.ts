import {
  isObject,
  type Json,
  type JsonObject,
  silentLog,
  stringifyJson,
  type WatchEvent,
  type WireResponse,
} from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type ApiServer, createApiServer } from '../../api-server.ts';
import { deleteProbes } from './delete-probes.ts';
import { deviations, skipped } from './deviations.ts';
import { type Answers, fieldOf, type Probe } from './probe.ts';
import { readProbes, watchProbes } from './read-probes.ts';
import answersOfRealServer from './real-answers.json' with { type: 'json' };
import { authProbes, definitionProbes, httpProbes, namespaceProbes } from './server-probes.ts';
import { applyProbes, createProbes, patchProbes, updateProbes } from './write-probes.ts';

const probes = [
  ...createProbes,
  ...updateProbes,
  ...patchProbes,
  ...applyProbes,
  ...readProbes,
  ...watchProbes,
  ...deleteProbes,
  ...httpProbes,
  ...authProbes,
  ...definitionProbes,
  ...namespaceProbes,
];
const expected: Readonly<Record<string, string>> = answersOfRealServer;

const NS = 'probe-ns';
const places: Readonly<Record<string, string>> = {
  $W: `/apis/probe.test/v1/namespaces/${NS}/gadgets`,
  $CM: `/api/v1/namespaces/${NS}/configmaps`,
  $RB: '/apis/rbac.authorization.k8s.io/v1',
  $CRD: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  $NS: NS,
};
const fill = (text: string): string => text.replaceAll(/\$(?:W|CM|RB|CRD|NS)\b/g, (place) => places[place] ?? place);

let server: ApiServer;
const actual = new Map<string, string>();

async function run(probe: Probe, answers: Map<string, JsonObject>): Promise<void> {
  const get: Answers = (name) => answers.get(name) ?? {};
  const path = fill(typeof probe.path === 'function' ? probe.path(get) : probe.path);
  const body = typeof probe.body === 'function' ? probe.body(get) : probe.body;
  const headers = typeof probe.headers === 'function' ? probe.headers(get) : probe.headers;
  const [bare = '', query] = path.split('?');
  const stop = new AbortController();
  const response = await server.request({
    method: probe.method,
    path: bare,
    ...(query === undefined ? {} : { query: Object.fromEntries(new URLSearchParams(query)) }),
    headers: {
      authorization: `Bearer ${server.adminToken}`,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: bytesOf(body) }),
    signal: stop.signal,
  });
  const events = response.events === undefined ? [] : await quiet(response.events, stop);
  actual.set(probe.name, summary(response, events));
  if (isObject(response.body)) answers.set(probe.name, response.body);
  await server.settled();
}

function bytesOf(body: Json): Uint8Array {
  return new TextEncoder().encode(fill(typeof body === 'string' ? body : stringifyJson(body)));
}

/** The events of a watch until nothing more comes: all that is due comes within a few turns of the event loop. */
async function quiet(events: AsyncIterable<WatchEvent>, stop: AbortController): Promise<readonly WatchEvent[]> {
  const seen: WatchEvent[] = [];
  let lastCount = -1;
  const reading = (async () => {
    for await (const event of events) seen.push(event);
  })();
  while (lastCount !== seen.length) {
    lastCount = seen.length;
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  stop.abort();
  await reading;
  return seen;
}

/** `422 Invalid FieldValueRequired@spec.n`, `200 ADDED:name`, `404 text`: what is compared. */
function summary(response: WireResponse, events: readonly WatchEvent[]): string {
  const { body } = response;
  if (response.events !== undefined) return [response.status, ...events.map(eventSummary)].join(' ');
  if (body instanceof Uint8Array) return response.status === 200 ? '200' : `${response.status} text`;
  if (response.status < 400 || !isObject(body)) return String(response.status);
  const details = isObject(body['details']) ? body['details'] : {};
  const causes = (details['causes'] ?? []) as readonly { reason?: string; field?: string }[];
  return [
    response.status,
    fieldOf(body, 'reason') || '-',
    ...causes.map(({ reason = '', field = '' }) => `${reason}@${field}`),
  ].join(' ');
}

function eventSummary({ type, object }: WatchEvent): string {
  if (type === 'ERROR') return `ERROR:${(object as { code: number }).code}`;
  const { name, annotations } = (object as { metadata: { name?: string; annotations?: Record<string, string> } })
    .metadata;
  return `${type}:${annotations?.['k8s.io/initial-events-end'] === 'true' ? 'initial-events-end' : (name ?? '')}`;
}

beforeAll(async () => {
  server = await createApiServer({ clock: createFakeClock(), log: silentLog });
  const answers = new Map<string, JsonObject>();
  for (const probe of probes) await run(probe, answers);
});
afterAll(() => server.close());

const recorded = [...new Set(probes.map(({ name }) => name))].filter((name) => !name.startsWith('_'));

test.each(recorded)('%s is answered as a real server answers it', (name) => {
  expect(actual.get(name)).toBe(deviations[name]?.answer ?? expected[name]);
});

test('every listed deviation still is one', () => {
  const gone = Object.entries(deviations).filter(([name, { answer }]) => expected[name] === answer);
  expect(gone).toEqual([]);
});

test('every recorded probe is run or left out with a reason', () => {
  expect(Object.keys(expected).filter((name) => !recorded.includes(name) && skipped[name] === undefined)).toEqual([]);
});
