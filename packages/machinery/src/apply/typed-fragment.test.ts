import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Json, type JsonObject, mergeFragment, mergeSchemaOf, type StructuralSchema } from '../index.ts';

const named = (properties: StructuralSchema['properties'], keys = ['name']): StructuralSchema => ({
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': keys,
  items: { type: 'object', properties: { name: { type: 'string' }, ...properties } },
});
const text = { type: 'string' } as const;
const SCHEMA = mergeSchemaOf({
  type: 'object',
  properties: {
    items: named({
      value: text,
      args: { type: 'array', items: text },
      labels: { type: 'object', additionalProperties: text },
      probe: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: true },
      ports: named({ port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' } }, ['port', 'protocol']),
    }),
    tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
  },
});
const merge = (base: JsonObject, fragment: JsonObject, conflict: 'keep' | 'override' = 'keep'): Json =>
  mergeFragment(base, fragment, SCHEMA, conflict);

describe('a fragment', () => {
  it('adds what is missing and keeps what is there, item by item, each in its place', () => {
    const base = { items: [{ name: 'b', value: 'own' }, { name: 'a' }], tags: ['x'], other: { kept: 1 } };
    const fragment = {
      items: [{ name: 'new' }, { name: 'a', value: 'v' }, { name: 'b', value: 'v' }],
      tags: ['y', 'x'],
    };
    expect(merge(base, fragment)).toEqual({
      items: [{ name: 'b', value: 'own' }, { name: 'a', value: 'v' }, { name: 'new' }],
      tags: ['x', 'y'],
      other: { kept: 1 },
    });
    expect(merge(base, fragment, 'override')).toMatchObject({ items: [{ name: 'b', value: 'v' }, {}, {}] });
  });

  it.each([
    ['lists without keys', { args: ['own'] }, { args: ['a', 'b'] }],
    ['maps that belong together', { probe: { tcp: 1 } }, { probe: { http: 2 } }],
  ])('takes %s whole', (_what, own, other) => {
    const [base, fragment] = [own, other].map((part) => ({ items: [{ name: 'a', ...part }] }));
    expect(merge(base ?? {}, fragment ?? {})).toEqual(base);
    expect(merge(base ?? {}, fragment ?? {}, 'override')).toEqual(fragment);
  });

  it('knows items by all their keys, with defaults for those that are left out', () => {
    const base = { items: [{ name: 'a', ports: [{ port: 80 }] }] };
    const fragment = {
      items: [
        {
          name: 'a',
          ports: [
            { port: 80, protocol: 'TCP', name: 'web' },
            { port: 80, protocol: 'UDP' },
          ],
        },
      ],
    };
    expect(merge(base, fragment)).toEqual({
      items: [
        {
          name: 'a',
          ports: [
            { port: 80, protocol: 'TCP', name: 'web' },
            { port: 80, protocol: 'UDP' },
          ],
        },
      ],
    });
  });

  it('fills null as if it were not there, and leaves another type of value alone unless it overrides', () => {
    expect(merge({ tags: null }, { tags: ['x'] })).toEqual({ tags: ['x'] });
    expect(merge({ tags: 'own' }, { tags: ['x'] })).toEqual({ tags: 'own' });
    expect(merge({ tags: 'own' }, { tags: ['x'] }, 'override')).toEqual({ tags: ['x'] });
  });

  const name = fc.constantFrom('a', 'b', 'c', '__proto__');
  const item = fc.record(
    {
      name,
      value: fc.constantFrom('1', '2'),
      args: fc.array(name, { maxLength: 2 }),
      labels: fc.dictionary(name, fc.constantFrom('1', '2')),
      probe: fc.dictionary(name, fc.integer()),
      ports: fc.uniqueArray(fc.record({ port: fc.integer({ min: 1, max: 2 }) }), { selector: ({ port }) => port }),
    },
    { requiredKeys: ['name'] },
  );
  const object = fc.record(
    { items: fc.uniqueArray(item, { selector: (each) => each.name }), tags: fc.uniqueArray(name) },
    { requiredKeys: [] },
  );
  const conflict = fc.constantFrom('keep' as const, 'override' as const);

  it('changes nothing the second time, and gives the base itself then', () => {
    fc.assert(
      fc.property(object, object, conflict, (base, fragment, how) => {
        const once = merge(base, fragment, how) as JsonObject;
        expect(merge(once, fragment, how)).toBe(once);
      }),
    );
  });

  it('takes nothing away and moves nothing', () => {
    fc.assert(
      fc.property(object, object, conflict, (base, fragment, how) => {
        const merged = merge(base, fragment, how) as { readonly items?: readonly { readonly name: string }[] };
        const before = base.items?.map((each) => each.name) ?? [];
        expect(merged.items?.slice(0, before.length).map((each) => each.name) ?? []).toEqual(before);
        // What the base has wins over what it gets: laying the base over the outcome again changes nothing.
        if (how === 'keep') expect(mergeFragment(merged as Json, base, SCHEMA, 'override')).toBe(merged);
      }),
    );
  });
});
