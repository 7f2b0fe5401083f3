import {
  isObject,
  type Json,
  type JsonObject,
  silentLog,
  stringifyJson,
  type WatchEvent,
} from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type ApiServer, createApiServer } from '../../api-server.ts';
import { fillPlaces as fill, allProbes as probes } from './all-probes.ts';
import { deviations, skipped } from './deviations.ts';
import type { Answers, Probe } from './probe.ts';
import { probeSummary } from './probe-summary.ts';
import answersOfRealServer from './real-answers.json' with { type: 'json' };

const expected: Readonly<Record<string, string>> = answersOfRealServer;

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
  const events = response.events === undefined ? undefined : await quiet(response.events, stop);
  actual.set(probe.name, probeSummary(response, events, probe.withMessage));
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
