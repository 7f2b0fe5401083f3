import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { systemClock } from '@cartographer/kube';
import { isObject, type JsonObject, parseJson, stringifyJson, type WatchEvent } from '@cartographer/machinery';
import { startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allProbes, fillPlaces } from '../../packages/apiserver/src/front/conformance/all-probes.ts';
import type { Answers, Probe } from '../../packages/apiserver/src/front/conformance/probe.ts';
import { probeSummary } from '../../packages/apiserver/src/front/conformance/probe-summary.ts';
import recordedAnswers from '../../packages/apiserver/src/front/conformance/real-answers.json' with { type: 'json' };

const recorded: Readonly<Record<string, string>> = recordedAnswers;

/**
 * What this server, of Kubernetes 1.34, answers otherwise than the recording from 1.32 says, or what depends on the
 * moment.
 */
const otherwise: Readonly<Record<string, { readonly answer: RegExp; readonly why: string }>> = {
  'list-rv-future': { answer: /^504 Timeout ResourceVersionTooLarge@$/, why: 'lists with a limit come from the cache' },
  'list-exact-old': { answer: /^200$/, why: 'etcd has not compacted yet: the cluster is young' },
  'accept-proto-cr': { answer: /^406 text$/, why: 'the refusal is in protobuf, which this test does not read' },
  'watch-timeout': { answer: /^200 MODIFIED:s2$/, why: 'the garbage collector may get to s2 only now' },
  'watch-sendInitial-false': { answer: /^200 MODIFIED:s2$/, why: 'as watch-timeout' },
  'watch-deprecated-path': { answer: /^200( ADDED:[\w-]+)+$/, why: 'recorded without the events' },
  'watch-deprecated-core': { answer: /^200( ADDED:[\w.-]+)+$/, why: 'recorded without the events' },
};
const actual = new Map<string, string>();
/** How long a watch is listened to: a real server tells of the past at once. */
const WATCH_MS = 2_500;
/** How long what follows from a write may take: garbage collection, a definition's conditions. */
const AFTER_MS = 5_000;
const POLL_MS = 100;

let cluster: TestCluster;
let ca: string;
let token: string;

beforeAll(async () => {
  cluster = await startCluster({ serverFlags: ['--anonymous-auth=true'] });
  ca = readFileSync(cluster.caFile, 'utf8');
  token = /token: "?(?<token>\w+)/.exec(readFileSync(cluster.kubeconfig(), 'utf8'))?.groups?.['token'] ?? '';
  const answers = new Map<string, JsonObject>();
  for (const probe of allProbes) await run(probe, answers);
}, 300_000);
afterAll(() => cluster.stop());

type Answer = {
  readonly status: number;
  readonly body: JsonObject | Uint8Array;
  readonly events?: readonly WatchEvent[];
};

/** Sends a probe; a read is repeated until it is as recorded, since the server's controllers take their time. */
async function run(probe: Probe, answers: Map<string, JsonObject>): Promise<void> {
  const get: Answers = (name) => answers.get(name) ?? {};
  const deadline = systemClock.now() + AFTER_MS;
  for (;;) {
    const answer = await send(probe, get);
    const summary = probeSummary(answer, answer.events, probe.withMessage);
    actual.set(probe.name, summary);
    if (isObject(answer.body)) answers.set(probe.name, answer.body);
    const asRecorded = probe.name.startsWith('_') || isKnown(probe.name, summary);
    // Before a definition is served, writes of its kind are not found.
    const mayChange = probe.method === 'GET' || summary.startsWith('404 text');
    if (asRecorded || !mayChange || systemClock.now() > deadline) return;
    await systemClock.sleep(POLL_MS);
  }
}

function send(probe: Probe, get: Answers): Promise<Answer> {
  const path = fillPlaces(typeof probe.path === 'function' ? probe.path(get) : probe.path);
  const value = typeof probe.body === 'function' ? probe.body(get) : probe.body;
  const body = value === undefined ? undefined : fillPlaces(typeof value === 'string' ? value : stringifyJson(value));
  const given = typeof probe.headers === 'function' ? probe.headers(get) : probe.headers;
  const headers: Record<string, string> = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
    ...given,
  };
  if (headers['authorization'] === '') delete headers['authorization'];
  const isWatch = path.includes('watch=1') || path.includes('/watch/');
  return exchange(probe.method, path, headers, body, isWatch);
}

function exchange(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
  isWatch: boolean,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(`${cluster.url}${path}`, { method, headers, ca, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      const status = response.statusCode ?? 0;
      const isJson = String(response.headers['content-type']).startsWith('application/json');
      let isDone = false;
      const done = (): void => {
        if (isDone) return;
        isDone = true;
        cancel();
        request.destroy();
        const bytes = Buffer.concat(chunks);
        // Asked to watch one object by its path, the server may answer with the object.
        const isStream = isWatch && status === 200 && /^(?:$|{"type":)/.test(bytes.toString('utf8', 0, 8));
        if (isStream) resolve({ status, body: {}, events: eventsOf(bytes.toString()) });
        else resolve({ status, body: isJson ? (parseJson(bytes.toString()) as JsonObject) : new Uint8Array(bytes) });
      };
      const cancel = isWatch ? systemClock.schedule(WATCH_MS, done) : () => undefined;
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', done);
      response.once('close', done);
    });
    request.once('error', reject);
    request.end(body);
  });
}

function eventsOf(text: string): readonly WatchEvent[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => parseJson(line) as WatchEvent);
}

const names = [...new Set(allProbes.map(({ name }) => name))].filter((name) => !name.startsWith('_'));

function isKnown(name: string, summary: string): boolean {
  return summary === recorded[name] || otherwise[name]?.answer.test(summary) === true;
}

test.each(names)('%s is answered as it was recorded', (name) => {
  const answer = actual.get(name) ?? '';
  if (!isKnown(name, answer)) expect(answer).toBe(recorded[name]);
});
