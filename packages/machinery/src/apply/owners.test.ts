import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../values/json.ts';
import { getPath } from '../values/json.ts';
import type { FieldSet } from './field-set.ts';
import { emptySet, encodeFieldSet, fieldSetOfPaths } from './field-set.ts';
import type { Owner } from './managed-fields.ts';
import { encodeOwners, ownerId, ownersOf, ownersOfWrite, settleOwners, withFields } from './managed-fields.ts';

const fields = (...names: readonly string[]): FieldSet => fieldSetOfPaths(...names.map((name) => [name]));
const owner = (more: Partial<Owner> = {}): Owner => ({
  manager: 'm',
  operation: 'Update',
  apiVersion: 'v1',
  subresource: '',
  time: 't1',
  fields: fields('a'),
  ...more,
});
const byId = (...owners: readonly Owner[]): Map<string, Owner> => new Map(owners.map((each) => [ownerId(each), each]));
const entry = (more: JsonObject = {}): JsonObject => ({
  manager: 'm',
  operation: 'Update',
  apiVersion: 'v1',
  time: 't1',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:a': {} },
  ...more,
});
const object = (managedFields: Json | undefined): JsonObject => ({ metadata: { managedFields } });
const managers = (entries: readonly Json[]): readonly (Json | undefined)[] =>
  entries.map((each) => getPath(each, 'manager'));

describe('an owner', () => {
  it.each<[string, Partial<Owner>, boolean]>([
    ['of another manager', { manager: 'x' }, false],
    ['of another subresource', { subresource: 'status' }, false],
    ['that updates under another version', { apiVersion: 'v2' }, false],
    ['that applies', { operation: 'Apply' }, false],
    ['of another time', { time: 't2' }, true],
    ['of other fields', { fields: fields('b') }, true],
  ])('%s is the same: %s', (_what, more, same) => {
    expect(ownerId(owner(more)) === ownerId(owner())).toBe(same);
  });

  it('that applies is the same under every version', () => {
    const applier = owner({ operation: 'Apply' });
    expect(ownerId({ ...applier, apiVersion: 'v2' })).toBe(ownerId(applier));
    expect(ownerId({ ...applier, subresource: 'status' })).not.toBe(ownerId(applier));
  });

  it('is told in the words of Kubernetes, without what is empty', () => {
    expect(ownerId(owner({ subresource: 'status' }))).toBe(
      '{"manager":"m","operation":"Update","apiVersion":"v1","subresource":"status"}',
    );
    expect(ownerId(owner({ manager: '', apiVersion: '' }))).toBe('{"operation":"Update"}');
  });

  it('keeps its entry as long as its fields are the same', () => {
    const read = owner({ entry: entry() });
    expect(withFields(read, fields('a'))).toBe(read);
    expect(withFields(read, fields('b'))).toEqual({ ...read, fields: fields('b'), entry: undefined });
  });
});

describe('what an object records', () => {
  it('is read entry by entry', () => {
    const [read] = ownersOf(object([entry({ subresource: 'status' })])).values();
    expect(read).toMatchObject({
      manager: 'm',
      operation: 'Update',
      apiVersion: 'v1',
      subresource: 'status',
      time: 't1',
    });
    expect(encodeFieldSet(read?.fields ?? emptySet)).toEqual({ 'f:a': {} });
  });

  it.each<[string, Json | undefined, number]>([
    ['nothing', undefined, 0],
    ['null', null, 0],
    ['an entry without a type of fields', [entry({ fieldsType: undefined })], 1],
    ['an entry without fields', [entry({ fieldsV1: undefined })], 1],
    ['an entry without a manager', [entry({ manager: 1 })], 1],
    ['two entries', [entry(), entry({ manager: 'n' })], 2],
    ['what is no list', { 0: entry() }, 0],
    ['an entry that is no object beside a sound one', [entry(), 'x'], 0],
    ['another operation beside a sound one', [entry(), entry({ operation: 'Patch' })], 0],
    ['fields of another type', [entry({ fieldsType: 'FieldsV2' })], 0],
    ['fields that are none', [entry({ fieldsV1: { a: {} } })], 0],
  ])('has owners: %s', (_what, managedFields, count) => {
    expect(ownersOf(object(managedFields)).size).toBe(count);
  });

  it('is taken from a write that says something, and from the live object else', () => {
    const live = object([entry({ manager: 'live' })]);
    const of = (managedFields: Json | undefined, subresource = ''): readonly string[] =>
      [...ownersOfWrite(live, object(managedFields), subresource).values()].map(({ manager }) => manager);
    expect(of([entry({ manager: 'sent' })])).toEqual(['sent']);
    expect(of([entry({ manager: 'sent' })], 'status')).toEqual(['live']);
    expect(of(undefined)).toEqual(['live']);
    expect(of([])).toEqual(['live']);
    expect(of(['x'])).toEqual(['live']);
    expect(of([{}])).toEqual([]);
    expect(of([{}], 'status')).toEqual(['live']);
    expect(of([{}, {}])).toEqual(['live']);
    expect([...ownersOfWrite(undefined, object(undefined), '').keys()]).toEqual([]);
  });
});

describe('what is written', () => {
  it('has appliers first, then goes by time, manager, version and subresource', () => {
    const all = [
      owner({ manager: 'e', time: 't2' }),
      owner({ manager: 'd', time: undefined }),
      owner({ manager: 'c', apiVersion: 'v2' }),
      owner({ manager: 'c', apiVersion: 'v1', subresource: 'status' }),
      owner({ manager: 'c', apiVersion: 'v1' }),
      owner({ manager: 'b' }),
      owner({ manager: 'a', operation: 'Apply', time: 't9' }),
      owner({ manager: 'f', operation: 'Apply', time: 't8' }),
    ];
    const expected = ['f', 'a', 'd', 'b', 'c', 'c', 'c', 'e'];
    for (const order of [all, all.toReversed()]) {
      const entries = encodeOwners(byId(...order));
      expect(managers(entries)).toEqual(expected);
      expect(entries.slice(4, 7).map((each) => [getPath(each, 'apiVersion'), getPath(each, 'subresource')])).toEqual([
        ['v1', undefined],
        ['v1', 'status'],
        ['v2', undefined],
      ]);
    }
  });

  it('is the entry that was read, or one without what is empty', () => {
    const read = entry({ odd: 1 });
    expect(encodeOwners(ownersOf(object([read])))[0]).toBe(read);
    expect(encodeOwners(byId(owner()))).toEqual([entry()]);
    expect(Object.keys(encodeOwners(byId(owner({ time: undefined })))[0] as JsonObject)).not.toContain('time');
    expect(encodeOwners(byId(owner({ subresource: 'status' })))).toEqual([entry({ subresource: 'status' })]);
  });
});

describe('owners that settle', () => {
  const updaters = (count: number, more: Partial<Owner> = {}): readonly Owner[] =>
    Array.from({ length: count }, (_, i) =>
      owner({ manager: `u${i}`, time: `t${String(i).padStart(3, '0')}`, fields: fields(`f${i}`), ...more }),
    );
  const settled = (...owners: readonly Owner[]): readonly Owner[] => [...settleOwners(byId(...owners)).values()];
  const names = (owners: readonly Owner[]): readonly string[] => owners.map(({ manager }) => manager).toSorted();

  it('lose those that own nothing', () => {
    expect(names(settled(owner(), owner({ manager: 'n', fields: emptySet })))).toEqual(['m']);
  });

  it('stay ten updaters, however many apply', () => {
    const appliers = updaters(20, { operation: 'Apply' });
    expect(settled(...updaters(10), ...appliers)).toHaveLength(30);
    expect(names(settled(...updaters(10)))).not.toContain('ancient-changes');
  });

  it('of eleven merge the two oldest, with the time of the newer', () => {
    const all = settled(...updaters(11).toReversed());
    expect(names(all)).toEqual(
      [
        'ancient-changes',
        ...updaters(11)
          .slice(2)
          .map(({ manager }) => manager),
      ].toSorted(),
    );
    const merged = all.find(({ manager }) => manager === 'ancient-changes');
    expect(merged).toMatchObject({ operation: 'Update', apiVersion: 'v1', subresource: '', time: 't001' });
    expect(encodeFieldSet(merged?.fields ?? emptySet)).toEqual({ 'f:f0': {}, 'f:f1': {} });
  });

  it('merge into what was merged before', () => {
    const before = settled(...updaters(11));
    const all = settled(...before, owner({ manager: 'late', time: 't999', fields: fields('late') }));
    expect(all).toHaveLength(10);
    const merged = all.find(({ manager }) => manager === 'ancient-changes');
    expect(encodeFieldSet(merged?.fields ?? emptySet)).toEqual({ 'f:f0': {}, 'f:f1': {}, 'f:f2': {} });
    expect(merged?.time).toBe('t002');
  });

  it('leave the oldest as it is where what was merged before is younger', () => {
    const before = owner({ manager: 'ancient-changes', time: 't005a', fields: fields('old') });
    const all = settled(...updaters(11), before);
    expect(all).toHaveLength(10);
    expect(all.find(({ manager }) => manager === 'u0')).toMatchObject({ time: 't000', fields: fields('f0') });
    const merged = all.find(({ manager }) => manager === 'ancient-changes');
    expect(encodeFieldSet(merged?.fields ?? emptySet)).toEqual({ 'f:f1': {}, 'f:f2': {}, 'f:old': {} });
    expect(merged?.time).toBe('t002');
  });

  it('merge those of one version alone', () => {
    const others = updaters(6, { apiVersion: 'v2' }).map((each) => ({ ...each, manager: `w${each.manager}` }));
    const all = settled(...updaters(6), ...others);
    expect(all).toHaveLength(10);
    const merged = all.filter(({ manager }) => manager === 'ancient-changes');
    expect(merged.map(({ apiVersion }) => apiVersion).toSorted()).toEqual(['v1', 'v2']);
    for (const each of merged) expect(encodeFieldSet(each.fields)).toEqual({ 'f:f0': {}, 'f:f1': {} });
  });

  it('of one time go by who they are', () => {
    const all = settled(...updaters(11, { time: 't' }).toReversed());
    expect(names(all)).not.toContain('u0');
    expect(names(all)).not.toContain('u1');
    expect(names(all)).toContain('u2');
  });
});
