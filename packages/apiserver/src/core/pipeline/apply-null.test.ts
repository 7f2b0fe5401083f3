import { readFileSync } from 'node:fs';
import {
  canonicalJson,
  isList,
  isObject,
  type JsonObject,
  parseJson,
  silentLog,
  textAt,
} from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type ApiServer, createApiServer } from '../../api-server.ts';

/** What a server of Kubernetes 1.34 answered to writes of null over values, and of values over null, in turn. */
type Run = { readonly title: string; readonly steps: readonly { readonly send: string; readonly answer: string }[] };
const recorded = JSON.parse(readFileSync(new URL('../../../testdata/null-answers.json', import.meta.url), 'utf8')) as {
  readonly definition: JsonObject;
  readonly runs: readonly Run[];
};

const KINDS = '/apis/golden.test/v1/namespaces/default/nullables';

let server: ApiServer;
beforeAll(async () => {
  server = await createApiServer({ clock: createFakeClock(), log: silentLog });
  await request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', recorded.definition);
});
afterAll(() => server.close());

type Answer = { readonly status: number; readonly body: JsonObject };

async function request(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH',
  path: string,
  body?: JsonObject,
  { type = 'application/json', query = {} }: { readonly type?: string; readonly query?: Record<string, string> } = {},
): Promise<Answer> {
  const headers = { authorization: `Bearer ${server.adminToken}`, 'content-type': type };
  const answer = await server.request({ method, path, query, headers, ...(body === undefined ? {} : { body }) });
  return { status: answer.status, body: isObject(answer.body) ? answer.body : {} };
}

async function write(name: string, verb: string, spec: JsonObject, query: Record<string, string>): Promise<Answer> {
  const object = { apiVersion: 'golden.test/v1', kind: 'Nullable', metadata: { name }, spec };
  const path = `${KINDS}/${name}`;
  if (verb === 'apply') return request('PATCH', path, object, { type: 'application/apply-patch+yaml', query });
  if (verb === 'merge') return request('PATCH', path, { spec }, { type: 'application/merge-patch+json', query });
  if (verb === 'post') return request('POST', KINDS, object, { query });
  const resourceVersion = textAt((await request('GET', path)).body, 'metadata', 'resourceVersion');
  return request('PUT', path, { ...object, metadata: { name, resourceVersion } }, { query });
}

/** An answer in the recording's form: of the spec only what the run is about, and who owns what of it. */
function summary({ status, body }: Answer, name: string, keys: ReadonlySet<string>): string {
  if (status >= 300) return `${status} ${textAt(body, 'message').replaceAll(`"${name}"`, '"x"')}`;
  const { spec, metadata } = body;
  const shown = isObject(spec) ? Object.fromEntries(Object.entries(spec).filter(([key]) => keys.has(key))) : null;
  const entries = isObject(metadata) && isList(metadata['managedFields']) ? metadata['managedFields'] : [];
  const owners = entries.filter(isObject).map(({ manager, operation, fieldsV1 }) => {
    const fields = isObject(fieldsV1) ? (fieldsV1['f:spec'] ?? null) : null;
    return `${textAt(manager)}/${textAt(operation)}=${canonicalJson(fields)}`;
  });
  return [status, canonicalJson(shown), ...owners].join(' ');
}

test.each(recorded.runs.map((run, i) => [run.title, i, run] as const))('%s', async (_title, i, { steps }) => {
  const name = `run-${i}`;
  const sent = steps.map(({ send }) => {
    const [, verb = '', manager = '', force, text = ''] = /^(\w+) (\w+)( force)? (.*)$/.exec(send) ?? [];
    const query = { fieldManager: manager, ...(force === undefined ? {} : { force: 'true' }) };
    return { verb, query, spec: parseJson(text) as JsonObject };
  });
  const keys = new Set(sent.flatMap(({ spec }) => (isObject(spec) ? Object.keys(spec) : [])));
  const answers: string[] = [];
  for (const { verb, spec, query } of sent) answers.push(summary(await write(name, verb, spec, query), name, keys));
  expect(answers).toEqual(steps.map(({ answer }) => answer));
});
