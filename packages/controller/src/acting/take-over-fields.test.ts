import type { JsonObject, KubeObject, ManagedFieldsEntry } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { withoutOtherManagers } from '../caches/slim-objects.ts';
import { type Answer, answering, refusal, silent } from '../testing/answering.ts';
import { leftInStatus, takeOver } from './take-over.ts';

const type = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
const { signal } = new AbortController();

const entry = (
  operation: 'Apply' | 'Update',
  fieldsV1: JsonObject,
  more: Partial<ManagedFieldsEntry> = {},
): ManagedFieldsEntry => {
  return { manager: 'cartographer', operation, apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1, ...more };
};
function held(
  resourceVersion: string | undefined,
  managedFields: readonly ManagedFieldsEntry[] | undefined,
): KubeObject {
  const metadata = { name: 'made', namespace: 'team', resourceVersion, managedFields };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}
const got = (object: KubeObject): Answer => ({ status: 200, body: object });
const LEGACY = entry('Update', { 'f:data': { 'f:a': {} } });

/** What became of it, and the versions that were patched. */
async function taking(answers: readonly Answer[], seen?: KubeObject) {
  const { client, sent } = answering(...answers);
  const end = await takeOver(client, { type, object: held('1', []) }, signal, seen).catch(
    (error: Error) => error.message,
  );
  const tests = sent.flatMap(({ body }) => (Array.isArray(body) ? [body[0] as JsonObject] : []));
  return {
    end,
    asked: sent.map(({ method }) => method).join(' '),
    versions: tests.map(({ value }) => value),
    sent,
    tests,
  };
}

describe('taking an object over', () => {
  it('changes the version that was read and no other, and reads again what was written in between', async () => {
    const { end, asked, versions, tests } = await taking([
      got(held('7', [LEGACY])),
      refusal(422, 'Invalid'),
      got(held('8', [LEGACY])),
      refusal(409, 'Conflict'),
      got(held('9', [LEGACY])),
      got(held('10', [])),
    ]);
    expect([end, asked, versions]).toEqual([true, 'GET PATCH GET PATCH GET PATCH', ['7', '8', '9']]);
    expect(tests[0]).toEqual({ op: 'test', path: '/metadata/resourceVersion', value: '7' });
  });

  it('reads and changes the object of that namespace and name', async () => {
    const { sent } = await taking([got(held('7', [LEGACY])), got(held('8', []))]);
    const path = '/api/v1/namespaces/team/configmaps/made';
    expect(sent.map((request) => [request.method, request.path])).toEqual([
      ['GET', path],
      ['PATCH', path],
    ]);
  });

  it('changes no object whose version the server does not tell', async () => {
    const { tests } = await taking([got(held(undefined, [LEGACY])), refusal(403, 'Forbidden')]);
    expect(tests).toEqual([{ op: 'test', path: '/metadata/resourceVersion', value: '' }]);
  });

  it('is given up after three tries', async () => {
    const lost = [got(held('7', [LEGACY])), refusal(409, 'Conflict')];
    const { end, asked } = await taking([...lost, ...lost, ...lost]);
    expect([end, asked]).toEqual([false, 'GET PATCH GET PATCH GET PATCH']);
  });

  it('begins with what the server just answered, and reads it where that is out of date', async () => {
    const { end, asked, versions } = await taking(
      [refusal(409, 'Conflict'), got(held('8', [LEGACY])), got(held('9', []))],
      held('7', [LEGACY]),
    );
    expect([end, asked, versions]).toEqual([true, 'PATCH GET PATCH', ['7', '8']]);
  });

  it.each<readonly [string, readonly Answer[], unknown]>([
    ['there is nothing to take over', [got(held('7', [entry('Apply', {})]))], false],
    ['nobody manages a field', [got(held('7', undefined))], false],
    ['it is gone', [refusal(404, 'NotFound')], false],
    ['it may not be read', [refusal(403, 'Forbidden')], false],
    ['it may not be changed', [got(held('7', [LEGACY])), refusal(403, 'Forbidden')], false],
    ['nobody knows who asks', [refusal(401, 'Unauthorized')], 'no'],
    ['the server is broken', [got(held('7', [LEGACY])), refusal(500, 'InternalError')], 'no'],
  ])('ends where %s', async (_when, answers, expected) => {
    const { end, sent } = await taking(answers);
    expect([end, sent.length]).toEqual([expected, answers.length]);
  });

  const other = entry('Update', { 'f:data': { 'f:x': {} } }, { manager: 'kubectl' });
  const status = entry('Update', { 'f:status': {} }, { subresource: 'status' });
  const ownStatus = entry('Apply', { 'f:status': { 'f:b': {} } }, { subresource: 'status' });
  it.each<readonly [string, readonly ManagedFieldsEntry[], readonly ManagedFieldsEntry[]]>([
    ['its entry becomes ours', [LEGACY], [entry('Apply', { 'f:data': { 'f:a': {} } })]],
    [
      'its fields join those of ours at the version of ours',
      [entry('Apply', { 'f:data': { 'f:b': { '.': {} } }, 'f:kept': {} }, { apiVersion: 'v2' }), LEGACY],
      [entry('Apply', { 'f:data': { 'f:b': { '.': {} }, 'f:a': {} }, 'f:kept': {} }, { apiVersion: 'v2' })],
    ],
    [
      'all of its entries, at the version of the last',
      [entry('Update', { 'f:data': { 'f:z': {} } }, { apiVersion: 'v0' }), LEGACY],
      [entry('Apply', { 'f:data': { 'f:z': {}, 'f:a': {} } })],
    ],
    [
      'others stay',
      [other, LEGACY, status, ownStatus],
      [other, status, ownStatus, entry('Apply', { 'f:data': { 'f:a': {} } })],
    ],
  ])('makes of the entries: %s', async (_what, before, after) => {
    const { end, sent } = await taking([got(held('8', []))], held('7', before));
    expect(end).toBe(true);
    expect(sent[0]?.body).toEqual([
      expect.anything(),
      { op: 'replace', path: '/metadata/managedFields', value: after },
    ]);
  });

  it.each<readonly [string, readonly Answer[]]>([
    ['the object', []],
    ['its change', [got(held('7', [LEGACY]))]],
  ])('waits no longer for %s once it is cut off', async (_what, answers) => {
    const { client, signal: cut, giveUp } = silent(...answers);
    const over = takeOver(client, { type, object: held('1', []) }, cut);
    await giveUp();
    await expect(over).rejects.toThrow('cut off');
  });

  it('of a cluster-wide object asks for it without a namespace', async () => {
    const { client, sent } = answering(got(held('7', [])));
    const object = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } };
    await takeOver(client, { type: { ...type, kind: 'Node', resource: 'nodes', namespaced: false }, object }, signal);
    expect(sent.map(({ path }) => path)).toEqual(['/api/v1/nodes/n']);
  });
});

describe('a cache of stamped objects', () => {
  it('keeps of managed fields whether the first implementation has some', () => {
    expect(withoutOtherManagers(held('7', [entry('Apply', { 'f:a': {} })])).metadata.managedFields).toBeUndefined();
    expect(withoutOtherManagers(held('7', [LEGACY])).metadata.managedFields).toEqual([
      { manager: 'cartographer', operation: 'Update' },
    ]);
  });
});

describe('what the first implementation left in a status', () => {
  const mine = entry('Update', { 'f:status': {} }, { subresource: 'status' });
  const written = (entries: readonly ManagedFieldsEntry[] | undefined, status?: JsonObject): KubeObject => {
    return { ...held('7', entries), ...(status && { status }) };
  };

  it.each<readonly [string, KubeObject, unknown]>([
    ['it wrote what we do not say', written([mine], { a: 1, stale: { b: 2 } }), { status: { stale: null } }],
    ['it wrote what we say', written([mine], { a: 1 }), undefined],
    ['it wrote none', written([mine]), { status: { a: 1 } }],
    ['it wrote no status', written([{ ...mine, subresource: 'scale' }], { stale: 1 }), undefined],
    ['we wrote it', written([{ ...mine, operation: 'Apply' }], { stale: 1 }), undefined],
    ['somebody else wrote it', written([{ ...mine, manager: 'x' }], { stale: 1 }), undefined],
    ['nobody manages it', written(undefined, { stale: 1 }), undefined],
  ])('is removed where there is something: %s', (_when, object, expected) => {
    expect(leftInStatus(object, { a: 1 })).toEqual(expected);
  });

  it('is nothing where neither says anything', () => {
    expect(leftInStatus(written([mine]), {})).toBeUndefined();
  });
});
