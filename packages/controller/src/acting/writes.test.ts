import type { Write } from '@cartographer/engine';
import { ApiError, createClient, fenced } from '@cartographer/kube';
import { type KubeObject, type ManagedFieldsEntry } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { type Answer, answering, refusal, type Sent, silent } from '../testing/answering.ts';
import { performDelete, performWrite } from './writes.ts';

const type = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
const { signal } = new AbortController();
const PATH = '/api/v1/namespaces/team/configmaps';
const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made', namespace: 'team' } };

function write(verb: Write['verb'], more: Partial<Write> = {}): Write {
  return { id: 'made', verb, resource: 'made', type, object, digest: '', cause: 'created', ...more };
}

const apply = { 'content-type': 'application/apply-patch+yaml' };

describe('a write', () => {
  it.each<readonly [Write['verb'], Sent['method'], string, Sent['query'], Sent['headers']]>([
    ['apply', 'PATCH', `${PATH}/made`, { fieldManager: 'cartographer', force: 'true' }, apply],
    ['tryApply', 'PATCH', `${PATH}/made`, { fieldManager: 'cartographer', dryRun: 'All' }, apply],
    ['create', 'POST', PATH, { fieldManager: 'cartographer' }, {}],
    ['tryCreate', 'POST', PATH, { fieldManager: 'cartographer', dryRun: 'All' }, {}],
    [
      'tryPatch',
      'PATCH',
      `${PATH}/made`,
      { fieldManager: 'cartographer', dryRun: 'All' },
      { 'content-type': 'application/merge-patch+json' },
    ],
  ])('is sent as what it is: %s', async (verb, method, path, query, headers) => {
    const { client, sent } = answering({ status: 200, body: object });
    expect(await performWrite(client, write(verb), signal)).toEqual({ kind: 'done', object, created: false });
    expect(sent).toMatchObject([{ method, path, headers, body: object }]);
    expect(sent[0]?.query).toEqual(query);
  });

  it.each<readonly [number, object]>([
    [200, { created: false }],
    [201, { created: true }],
    [299, { created: false }],
    [300, { kind: 'refused', code: 300 }],
  ])('answered with %i is what it says', async (status, expected) => {
    const { client } = answering({ status, body: object });
    expect(await performWrite(client, write('create'), signal)).toMatchObject(expected);
  });

  it('tells the paths of unknown fields that the server warns of, and of nothing else', async () => {
    const warning = '299 - "unknown field \\"spec.a\\"", 299 - "v1 is old", 299 - "unknown field \\"spec.b\\""';
    const { client } = answering({ status: 200, body: object, headers: { warning } });
    const answer = await performWrite(client, write('apply'), signal);
    expect(answer).toMatchObject({ unknownFields: ['spec.a', 'spec.b'] });
  });

  it.each<readonly [string, Answer, object]>([
    ['the words of the server', refusal(403, 'Forbidden'), { code: 403, reason: 'Forbidden', message: 'no' }],
    ['no reason', refusal(422), { code: 422, message: 'no' }],
    ['no Status', { status: 502, body: 'gateway' }, { code: 502, message: 'the server answered 502' }],
    [
      'no Status, and a time to wait',
      { status: 503, body: 'gateway', headers: { 'retry-after': '7' } },
      { code: 503, message: 'the server answered 503', retryAfterMs: 7_000 },
    ],
    [
      'a time to wait',
      { ...refusal(429, 'TooManyRequests'), headers: { 'retry-after': '7' } },
      { code: 429, reason: 'TooManyRequests', message: 'no', retryAfterMs: 7_000 },
    ],
    [
      'an hour to wait',
      { ...refusal(503), headers: { 'retry-after': '3600' } },
      { code: 503, message: 'no', retryAfterMs: 60_000 },
    ],
    ['an apply that exists', refusal(409, 'AlreadyExists'), { code: 409, reason: 'AlreadyExists', message: 'no' }],
  ])('that is refused tells %s', async (_what, answer, expected) => {
    const { client, sent } = answering(answer);
    expect(await performWrite(client, write('apply'), signal)).toEqual({ kind: 'refused', ...expected });
    expect(sent).toHaveLength(1);
  });

  it('that is refused for several fields tells them in the same order each time', async () => {
    const causes = ['b', 'a'].map((field) => ({ field, message: 'no' }));
    const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'bad: [b: no, a: no]', code: 422 };
    const { client } = answering({ status: 422, body: { ...status, reason: 'Invalid', details: { causes } } });
    expect(await performWrite(client, write('apply'), signal)).toMatchObject({ message: 'bad: [a: no, b: no]' });
  });

  it.each(['apply', 'create', 'tryApply', 'tryCreate', 'tryPatch'] as const)(
    'that is cut off waits for no answer: %s',
    async (verb) => {
      const { client, signal: cut, giveUp } = silent();
      const over = performWrite(client, write(verb), cut);
      await giveUp();
      await expect(over).rejects.toThrow('cut off');
    },
  );

  it('is thrown when the server does not know who asks', async () => {
    const { client } = answering(refusal(401, 'Unauthorized'));
    const thrown = await performWrite(client, write('apply'), signal).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(ApiError);
    expect((thrown as ApiError).status).toMatchObject({ code: 401, reason: 'Unauthorized', message: 'no' });
  });

  it('of a name that is taken answers with its holder, but only for a create that was meant', async () => {
    const holder = { ...object, data: { a: 'b' } };
    const taken = answering(refusal(409, 'AlreadyExists'), { status: 200, body: holder });
    expect(await performWrite(taken.client, write('create'), signal)).toEqual({
      kind: 'exists',
      object: holder,
      message: 'no',
    });
    expect(taken.sent[1]).toMatchObject({ method: 'GET', path: `${PATH}/made` });
    const other = answering(refusal(409, 'Conflict'));
    expect(await performWrite(other.client, write('create'), signal)).toMatchObject({ kind: 'refused', code: 409 });
    const tried = answering(refusal(409, 'AlreadyExists'));
    expect(await performWrite(tried.client, write('tryCreate'), signal)).toMatchObject({ kind: 'refused', code: 409 });
  });

  it('that waits for the holder of a name waits for it no longer than for its own answer', async () => {
    const { client, signal: cut, giveUp } = silent(refusal(409, 'AlreadyExists'));
    const over = performWrite(client, write('create'), cut);
    await giveUp();
    await expect(over).rejects.toThrow('cut off');
  });

  it('of a cluster-wide name that is taken asks for it without a namespace', async () => {
    const wide = { ...object, metadata: { name: 'made' } };
    const { client, sent } = answering(refusal(409, 'AlreadyExists'), { status: 200, body: wide });
    const asked = write('create', { type: { ...type, namespaced: false }, object: wide });
    expect(await performWrite(client, asked, signal)).toMatchObject({ kind: 'exists' });
    expect(sent.map(({ path }) => path)).toEqual(['/api/v1/configmaps', '/api/v1/configmaps/made']);
  });

  it('is not sent once the lease is lost', async () => {
    const { transport, sent } = answering();
    const lease = { holds: () => false };
    const client = createClient({ transport: fenced(transport, lease), clock: createFakeClock(0) }).withToken('t');
    for (const verb of ['apply', 'create', 'tryApply', 'tryCreate', 'tryPatch'] as const) {
      await expect(performWrite(client, write(verb), signal)).rejects.toMatchObject({ code: 'CARTO_NOT_LEADER' });
    }
    const deletion = {
      id: 'd',
      resource: 'made',
      key: { type, namespace: 'team', name: 'made' },
      cause: 'orphan',
    } as const;
    await expect(performDelete(client, deletion, signal)).rejects.toMatchObject({ code: 'CARTO_NOT_LEADER' });
    expect(sent).toEqual([]);
  });
});

describe('fields of the first implementation', () => {
  const legacy: ManagedFieldsEntry = {
    manager: 'cartographer',
    operation: 'Update',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': {} },
  };
  const ours: ManagedFieldsEntry = { ...legacy, operation: 'Apply' };
  const held = (...managedFields: readonly ManagedFieldsEntry[]): Answer => {
    const body = { ...object, metadata: { ...object.metadata, resourceVersion: '7', managedFields } };
    return { status: 200, body: body };
  };
  const verbs = (sent: readonly Sent[]): readonly string[] =>
    sent.map(({ method, headers }) => `${method} ${headers?.['content-type'] ?? ''}`.trim());
  const [JSON_PATCH, APPLY] = ['PATCH application/json-patch+json', 'PATCH application/apply-patch+yaml'];

  it('become ours before the apply where the cache shows them, by a patch of that very version', async () => {
    const { client, sent } = answering(held(legacy), held(ours), held(ours));
    expect(await performWrite(client, write('apply', { takeOver: true }), signal)).toMatchObject({ kind: 'done' });
    expect(verbs(sent)).toEqual(['GET', JSON_PATCH, APPLY]);
    expect(sent[1]?.body).toEqual([
      { op: 'test', path: '/metadata/resourceVersion', value: '7' },
      { op: 'replace', path: '/metadata/managedFields', value: [ours] },
    ]);
  });

  it('become ours after the apply where only its answer shows them, and it is sent again', async () => {
    const { client, sent } = answering(held(legacy, ours), held(ours), held(ours));
    expect(await performWrite(client, write('apply'), signal)).toMatchObject({ kind: 'done' });
    expect(verbs(sent)).toEqual([APPLY, JSON_PATCH, APPLY]);
  });

  it('stay, and the apply stands, where the server does not let us', async () => {
    const { client, sent } = answering(held(legacy), refusal(403, 'Forbidden'));
    expect(await performWrite(client, write('apply'), signal)).toMatchObject({ kind: 'done' });
    expect(verbs(sent)).toEqual([APPLY, JSON_PATCH]);
  });

  it.each<readonly [Write['verb'], number]>([
    ['apply', 201],
    ['tryApply', 200],
    ['create', 200],
  ])('are left alone by %s that was answered with %i', async (verb, status) => {
    const { client, sent } = answering({ ...held(legacy), status });
    await performWrite(client, write(verb), signal);
    expect(sent).toHaveLength(1);
  });

  it.each<readonly [string, Write['verb'], readonly Answer[], readonly string[]]>([
    [
      'our entry is of another version',
      'apply',
      [refusal(500), held({ ...ours, apiVersion: 'v0' }), held(), held()],
      [APPLY, 'GET', JSON_PATCH, APPLY],
    ],
    ['our entry is of this version', 'apply', [refusal(500), held(ours)], [APPLY, 'GET']],
    ['it was no apply', 'tryApply', [refusal(500)], [APPLY]],
    ['the refusal is another', 'apply', [refusal(503)], [APPLY]],
  ])(
    'move to the version of an apply that failed with 500 when they can: %s',
    async (_when, verb, answers, expected) => {
      const { client, sent } = answering(...answers);
      await performWrite(client, write(verb), signal);
      expect(verbs(sent)).toEqual(expected);
    },
  );
});

describe('a delete', () => {
  const deletion = (uid?: string) => ({
    id: 'd',
    resource: 'made',
    key: { type, namespace: 'team', name: 'made' },
    cause: 'orphan' as const,
    ...(uid === undefined ? {} : { uid }),
  });

  it('names the object of this uid alone, and goes on in the background', async () => {
    const { client, sent } = answering({ status: 200, body: {} }, { status: 200, body: {} });
    const options = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
    expect(await performDelete(client, deletion('u1'), signal)).toEqual({ kind: 'deleted', found: true });
    await performDelete(client, deletion(), signal);
    expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual([`DELETE ${PATH}/made`, `DELETE ${PATH}/made`]);
    expect(sent.map(({ body }) => body)).toEqual([{ ...options, preconditions: { uid: 'u1' } }, options]);
  });

  it.each<readonly [Answer, object]>([
    [refusal(404, 'NotFound'), { kind: 'deleted', found: false }],
    [refusal(409, 'Conflict'), { kind: 'deleted', found: false }],
    [refusal(403, 'Forbidden'), { kind: 'refused', code: 403, message: 'no' }],
    [
      { ...refusal(429, 'TooManyRequests'), headers: { 'retry-after': '3600' } },
      { kind: 'refused', code: 429, message: 'no', retryAfterMs: 60_000 },
    ],
  ])('that is refused says whether the object is gone: %#', async (answer, expected) => {
    const { client } = answering(answer);
    expect(await performDelete(client, deletion('u1'), signal)).toEqual(expected);
  });

  it('that is cut off waits for no answer', async () => {
    const { client, signal: cut, giveUp } = silent();
    const over = performDelete(client, deletion('u1'), cut);
    await giveUp();
    await expect(over).rejects.toThrow('cut off');
  });

  it('is thrown when the server does not know who asks, and when there is no answer', async () => {
    const unknown = answering(refusal(401, 'Unauthorized'));
    await expect(performDelete(unknown.client, deletion(), signal)).rejects.toBeInstanceOf(ApiError);
    await expect(performDelete(answering().client, deletion(), signal)).rejects.toThrow('nobody expected');
  });
});
