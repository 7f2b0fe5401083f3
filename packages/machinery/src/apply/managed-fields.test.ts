import { describe, expect, test, vi } from 'vitest';
import { gadget, gadgetSchema, gadgetServer as server } from '../testing/gadget.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { getPath, isObject } from '../values/json.ts';
import { serverSideApply, trackUpdate } from './apply.ts';
import { mergeSchemaOf } from './merge-schema.ts';

const full = { n: 1, m: { a: '1' }, lm: [{ k: 'a', v: '1' }], ls: ['x'], la: ['p'], at: { a: '1' } };

describe('managed fields', () => {
  test('one conflict is worded in one line, an updater with its version', () => {
    const s = server();
    s.update('kubectl-edit', () => gadget({ spec: { n: 1 } }));
    expect(s.apply('m1', { spec: { n: 2 } })).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "kubectl-edit" using probe.test/v1: .spec.n',
    });
  });

  test('a create by update owns the maps it makes, system fields never', () => {
    const s = server();
    s.update('u', () => gadget({ metadata: { labels: { a: 'b' }, uid: 'x', generation: 1 }, spec: { n: 1 } }));
    expect(s.owners()).toEqual({
      'u/Update': { 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } }, 'f:spec': { '.': {}, 'f:n': {} } },
    });
  });

  test('an update without changes keeps entries and times', () => {
    const s = server();
    s.apply('m1', { spec: full });
    const before = getPath(s.object, 'metadata', 'managedFields');
    s.update('u', (object) => ({ ...object, metadata: { name: 's1' } }));
    expect(getPath(s.object, 'metadata', 'managedFields')).toEqual(before);
  });

  test('removed fields leave every set, also when a list item goes', () => {
    const s = server();
    s.apply('m1', { spec: full });
    s.update('u', (object) => ({ ...object, spec: { n: 1 } }));
    expect(s.owners()).toEqual({ 'm1/Apply': { 'f:spec': { 'f:n': {} } } });
  });

  test('[{}] clears them, [] and a missing list do not', () => {
    const s = server();
    s.apply('m1', { spec: { n: 1 } });
    const withEntries = (managedFields: Json) => (object: JsonObject) => ({
      ...object,
      metadata: { name: 's1', managedFields },
    });
    s.update('u', withEntries([]));
    expect(Object.keys(s.owners())).toEqual(['m1/Apply']);
    s.update('u', withEntries([{}]));
    expect(getPath(s.object, 'metadata', 'managedFields')).toBeUndefined();
  });

  test('a client may replace them, except through a subresource', () => {
    const s = server();
    s.apply('m1', { spec: { n: 1 } });
    const managedFields = [
      { manager: 'x', operation: 'Update', apiVersion: 'probe.test/v1', fieldsV1: { 'f:spec': { 'f:n': {} } } },
    ];
    s.update('u', (object) => ({ ...object, metadata: { name: 's1', managedFields } }), 'status');
    expect(Object.keys(s.owners())).toEqual(['m1/Apply']);
    s.update('u', (object) => ({ ...object, metadata: { name: 's1', managedFields } }));
    expect(s.owners()).toEqual({ 'x/Update': { 'f:spec': { 'f:n': {} } } });
  });

  test('the eleventh updater merges the oldest into ancient-changes', () => {
    const s = server();
    for (let i = 0; i < 12; i++) {
      s.update(`u${String(i).padStart(2, '0')}`, (object) => {
        const spec = isObject(object['spec']) ? object['spec'] : {};
        return { ...gadget({ spec: { ...spec, m: { ...(spec['m'] as JsonObject), [`k${i}`]: 'v' } } }) };
      });
    }
    const record = s.owners();
    expect(Object.keys(record)).toHaveLength(10);
    expect(record['ancient-changes/Update']).toMatchObject({
      'f:spec': { 'f:m': { 'f:k0': {}, 'f:k1': {}, 'f:k2': {} } },
    });
  });

  test('status by apply and by main resource are different owners, and reset fields are not written', () => {
    const s = server();
    s.apply('c', { spec: { n: 1 } });
    const { object } = s;
    const schema = mergeSchemaOf(gadgetSchema);
    const outcome = serverSideApply({
      live: object,
      applied: gadget({ spec: { n: 7 }, status: { ok: true } }),
      manager: 'c',
      force: true,
      schema,
      apiVersion: 'probe.test/v1',
      time: '2026-01-02T00:00:00Z',
      subresource: 'status',
      resetFields: ['spec'],
    });
    expect(outcome).toMatchObject({ kind: 'applied', object: { spec: { n: 1 }, status: { ok: true } } });
    const entries = outcome.kind === 'applied' ? getPath(outcome.object, 'metadata', 'managedFields') : [];
    expect(entries).toMatchObject([
      { manager: 'c', fieldsV1: { 'f:spec': { 'f:n': {} } } },
      { manager: 'c', subresource: 'status', fieldsV1: { 'f:status': { 'f:ok': {} } } },
    ]);
  });
});

describe('kubectl after client-side apply', () => {
  const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
  const start = () => {
    const s = server();
    const lastApplied = gadget({ spec: { n: 1, s: 'mine' } });
    const annotations = { [annotation]: `${JSON.stringify(lastApplied)}\n` };
    s.update('kubectl-client-side-apply', () => gadget({ metadata: { annotations }, spec: { n: 1, s: 'mine' } }));
    return s;
  };

  test('takes what its annotation says it set, and rewrites the annotation', () => {
    const s = start();
    expect(s.apply('kubectl', { spec: { n: 2, s: 'mine' } })).toMatchObject({ kind: 'applied' });
    expect(s.spec).toMatchObject({ n: 2 });
    expect(getPath(s.object, 'metadata', 'annotations', annotation)).toBe(
      '{"apiVersion":"probe.test/v1","kind":"Gadget","metadata":{"name":"s1"},"spec":{"n":2,"s":"mine"}}\n',
    );
  });

  test('alone writes the annotation, and only where it is', () => {
    const s = start();
    const before = getPath(s.object, 'metadata', 'annotations', annotation);
    s.apply('cartographer', { spec: { num: 2 } });
    expect(getPath(s.object, 'metadata', 'annotations', annotation)).toBe(before);
    const other = server();
    other.apply('kubectl', { spec: { n: 1 } });
    other.apply('kubectl', { spec: { n: 2 } });
    expect(getPath(other.object, 'metadata')).not.toHaveProperty('annotations');
  });

  test('does not take what someone else has changed since', () => {
    const s = start();
    s.update('other', (object) => ({ ...object, spec: { n: 9, s: 'mine' } }));
    expect(s.apply('kubectl', { spec: { n: 2, s: 'theirs' } })).toMatchObject({
      kind: 'conflict',
      message: 'Apply failed with 1 conflict: conflict with "other" using probe.test/v1: .spec.n',
    });
  });

  test('other managers have no such right', () => {
    expect(start().apply('cartographer', { spec: { n: 2 } })).toMatchObject({ kind: 'conflict' });
  });

  test('merging updaters costs no more for each when there are many', () => {
    const updatersOf = (count: number): JsonObject => ({
      ...gadget({ spec: { n: 1 } }),
      metadata: {
        name: 'many',
        managedFields: Array.from({ length: count }, (_, i) => ({
          manager: `m${i}`,
          operation: 'Update',
          apiVersion: 'probe.test/v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:spec': { [`f:x${i}`]: {} } },
        })),
      },
    });
    const writesFor = (count: number): number => {
      const updated = updatersOf(count);
      const write = vi.spyOn(Map.prototype, 'set');
      try {
        const tracked = trackUpdate({
          updated,
          manager: 'u',
          schema: mergeSchemaOf(gadgetSchema),
          apiVersion: 'probe.test/v1',
          time: 't',
        });
        expect(getPath(tracked, 'metadata', 'managedFields')).toHaveLength(10);
        return write.mock.calls.length;
      } finally {
        write.mockRestore();
      }
    };
    expect(writesFor(1_600)).toBeLessThan(32 * writesFor(100)); // 16 times as many; one by one it were 256
  });
});
