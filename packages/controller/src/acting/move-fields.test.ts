import type { Write } from '@cartographer/engine';
import { type KubeObject, type ManagedFieldsEntry } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { type Answer, answering, refusal, silent } from '../testing/answering.ts';
import { moveFields } from './move-fields.ts';

const type = { group: 'g.test', version: 'v2', kind: 'Thing', resource: 'things', namespaced: true };
const object: KubeObject = { apiVersion: 'g.test/v2', kind: 'Thing', metadata: { name: 'made', namespace: 'team' } };
const write: Write = { id: 'a', verb: 'apply', resource: 'a', type, object, digest: '', cause: 'changed' };
const { signal } = new AbortController();

const entry = (more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => {
  const fields = { fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': {} } } as const;
  return { manager: 'cartographer', operation: 'Apply', apiVersion: 'g.test/v1', ...fields, ...more };
};
const held = (managedFields?: readonly ManagedFieldsEntry[]): Answer => {
  return {
    status: 200,
    body: { ...object, metadata: { ...object.metadata, resourceVersion: '7', managedFields } },
  };
};

/** Whether it was moved, or what was thrown; what was asked; and the entries that the server was sent. */
async function moving(...answers: readonly Answer[]) {
  const { client, sent } = answering(...answers);
  const end = await moveFields(client, write, signal).catch((error: Error) => error.message);
  const patches = sent.flatMap(({ body }) => (Array.isArray(body) ? [body] : []));
  return { end, asked: sent.map(({ method, path }) => `${method} ${path}`), patches, sent };
}
const PATH = '/apis/g.test/v2/namespaces/team/things/made';

describe('our entry of the managed fields', () => {
  it('moves to the version of the write in its place, by a patch of the version that was read, and others stay', async () => {
    const others = [
      entry({ manager: 'kubectl' }),
      entry({ operation: 'Update' }),
      entry({ subresource: 'status' }),
    ] as const;
    const last = entry({ manager: 'last' });
    const { end, asked, patches, sent } = await moving(held([...others, entry(), last]), held());
    expect([end, asked]).toEqual([true, [`GET ${PATH}`, `PATCH ${PATH}`]]);
    expect(patches).toEqual([
      [
        { op: 'test', path: '/metadata/resourceVersion', value: '7' },
        {
          op: 'replace',
          path: '/metadata/managedFields',
          value: [...others, entry({ apiVersion: 'g.test/v2' }), last],
        },
      ],
    ]);
    expect(sent[1]?.query).toEqual({ fieldManager: 'cartographer' });
  });

  it.each<readonly [string, readonly ManagedFieldsEntry[] | undefined]>([
    ['is there already', [entry({ apiVersion: 'g.test/v2' })]],
    ['is none', []],
    ['is none, and nobody has one', undefined],
    ['is that of a subresource', [entry({ subresource: 'status' })]],
    ['is somebody else’s', [entry({ manager: 'kubectl' })]],
    ['was not applied', [entry({ operation: 'Update' })]],
  ])('stays where it %s', async (_where, entries) => {
    const { end, asked } = await moving(held(entries));
    expect([end, asked]).toEqual([false, [`GET ${PATH}`]]);
  });

  it.each<readonly [string, readonly Answer[]]>([
    ['the object', []],
    ['its change', [held([entry()])]],
  ])('is waited for no longer once the write is cut off: %s', async (_what, answers) => {
    const { client, signal: cut, giveUp } = silent(...answers);
    const over = moveFields(client, write, cut);
    await giveUp();
    await expect(over).rejects.toThrow('cut off');
  });

  it.each<readonly [string, readonly Answer[], unknown]>([
    ['may not be read', [refusal(403, 'Forbidden')], false],
    ['is gone', [refusal(404, 'NotFound')], false],
    ['was written in between', [held([entry()]), refusal(422, 'Invalid')], false],
    ['may not be changed', [held([entry()]), refusal(403, 'Forbidden')], false],
    ['is read by somebody whom the server does not know', [refusal(401, 'Unauthorized')], 'no'],
    ['is changed by somebody whom the server does not know', [held([entry()]), refusal(401, 'Unauthorized')], 'no'],
    ['gets no answer', [held([entry()])], `nobody expected PATCH ${PATH}`],
  ])(
    'stays where its object %s: the refusal of the apply says more, unless nothing was answered',
    async (_why, answers, expected) => {
      expect((await moving(...answers)).end).toEqual(expected);
    },
  );
});
