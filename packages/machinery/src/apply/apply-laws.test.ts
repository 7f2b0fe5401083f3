import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileSchema } from '../schema/compiled-schema.ts';
import { gadgetSchema } from '../testing/gadget.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { canonicalJson, getPath, isList } from '../values/json.ts';
import { serverSideApply, trackUpdate } from './apply.ts';
import { mergeSchemaOf } from './merge-schema.ts';

const schema = mergeSchemaOf(gadgetSchema);
const compiled = compileSchema(gadgetSchema);
const text = fc.constantFrom('1', '2', '3');
const key = fc.constantFrom('a', 'b', 'c', '__proto__');

/** A map through the parser: `__proto__` must be a key like any other. */
const parsedMap = fc
  .uniqueArray(fc.tuple(key, text), { selector: ([name]) => name })
  .map((entries) => JSON.parse(`{${entries.map(([name, value]) => `"${name}":"${value}"`).join(',')}}`) as JsonObject);

const spec = fc.record(
  {
    n: fc.integer({ min: 1, max: 3 }),
    s: text,
    d: text,
    m: parsedMap,
    at: fc.record({ a: text, b: text }, { requiredKeys: [] }),
    la: fc.array(text, { maxLength: 2 }),
    ls: fc.uniqueArray(text, { maxLength: 3 }),
    lm: fc.uniqueArray(fc.record({ k: key, v: text, w: text }, { requiredKeys: ['k'] }), {
      selector: (item) => item.k,
      maxLength: 3,
    }),
    pu: fc.record(
      { x: fc.constantFrom<Json>(1, null, { y: 1 }, [1]), z: fc.record({ q: text }) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>;

function gadget(fields: JsonObject): JsonObject {
  return { apiVersion: 'probe.test/v1', kind: 'Gadget', metadata: { name: 's1' }, spec: fields };
}

const base = { schema, apiVersion: 'probe.test/v1' };
let ticks = 0; // only ever grows, so that an unwanted change of time shows

function now(): string {
  ticks += 1;
  return new Date(1_767_225_600_000 + ticks * 1000).toISOString().replace('.000', '');
}

function apply(live: JsonObject | undefined, manager: string, fields: JsonObject, force = true): JsonObject {
  const write = { ...base, ...(live === undefined ? {} : { live }), time: now() };
  const outcome = serverSideApply({ ...write, manager, applied: gadget(fields), force });
  if (outcome.kind !== 'applied') throw new Error(outcome.message);
  return compiled.applyDefaults(outcome.object, { keepNulls: true });
}

function update(live: JsonObject | undefined, manager: string, fields: JsonObject): JsonObject {
  const metadata = (live?.['metadata'] ?? { name: 's1' }) as JsonObject;
  return trackUpdate({
    ...base,
    ...(live === undefined ? {} : { live }),
    updated: { ...gadget(fields), metadata },
    manager,
    time: now(),
  });
}

/** A history of writes by three managers, to start from. */
const history = fc.array(
  fc.record({ manager: fc.constantFrom('h1', 'h2', 'h3'), isApply: fc.boolean(), fields: spec }),
  { maxLength: 4 },
);

function replay(steps: readonly { manager: string; isApply: boolean; fields: JsonObject }[]): JsonObject | undefined {
  let live: JsonObject | undefined;
  for (const { manager, isApply, fields } of steps) {
    live = isApply ? apply(live, manager, fields) : update(live, manager, fields);
  }
  return live;
}

function ownedBy(object: JsonObject, manager: string): Json | undefined {
  const entries = getPath(object, 'metadata', 'managedFields');
  const entry = isList(entries) ? entries.find((each) => getPath(each, 'manager') === manager) : undefined;
  return entry === undefined ? undefined : getPath(entry, 'fieldsV1');
}

/** The object without times and without the order of entries and keys. */
function essence(object: JsonObject): string {
  const entries = getPath(object, 'metadata', 'managedFields');
  const owners = (isList(entries) ? entries : []).map((entry) => {
    const { time: _, ...rest } = entry as JsonObject;
    return canonicalJson(rest);
  });
  return canonicalJson({ spec: object['spec'], owners: owners.toSorted() });
}

describe('laws of server-side apply', () => {
  test('applying twice is applying once, times included', () => {
    fc.assert(
      fc.property(history, spec, (steps, fields) => {
        const once = apply(replay(steps), 'm', fields);
        expect(apply(once, 'm', fields)).toBe(once);
      }),
    );
  });

  test('forced apply leaves exactly what was asked for, and its manager owns it', () => {
    fc.assert(
      fc.property(history, spec, (steps, fields) => {
        const after = apply(replay(steps), 'm', fields);
        expect(apply(after, 'm', fields, false)).toBe(after);
        for (const [name, value] of Object.entries(fields)) {
          if (typeof value !== 'object') expect(getPath(after, 'spec', name)).toEqual(value);
        }
        expect(ownedBy(after, 'm')).toEqual(ownedBy(apply(undefined, 'm', fields), 'm'));
      }),
    );
  });

  // An empty set or keyed list is owned by nobody, on a real server too: it stays.
  test('an empty apply gives back everything that only the manager owned', () => {
    fc.assert(
      fc.property(spec, ({ ls, lm, ...rest }) => {
        const isFull = (list: Json | undefined): boolean => isList(list) && list.length > 0;
        const fields = { ...rest, ...(isFull(ls) ? { ls } : {}), ...(isFull(lm) ? { lm } : {}) };
        const after = apply(apply(undefined, 'm', fields), 'm', {});
        expect(after['spec']).toEqual({ d: 'dflt', nd: 'x' });
      }),
    );
  });

  test('managers with nothing in common commute', () => {
    fc.assert(
      fc.property(spec, spec, (left, right) => {
        const ofFirst = Object.fromEntries(Object.entries(left).filter(([name]) => 'nsmla'.includes(name)));
        const ofSecond = Object.fromEntries(Object.entries(right).filter(([name]) => ['at', 'd', 'pu'].includes(name)));
        const one = apply(apply(undefined, 'a', ofFirst), 'b', ofSecond);
        const other = apply(apply(undefined, 'b', ofSecond), 'a', ofFirst);
        expect(essence(one)).toBe(essence(other));
      }),
    );
  });

  test('an update owns what it changed, and an update to the same changes nothing', () => {
    fc.assert(
      fc.property(history, spec, spec, (steps, first, second) => {
        const before = apply(replay(steps), 'm', first);
        const after = update(before, 'u', second);
        expect(update(after, 'v', second)).toEqual(after);
        const changesNumber = second['n'] !== undefined && second['n'] !== getPath(before, 'spec', 'n');
        if (changesNumber) {
          expect(getPath(ownedBy(after, 'u'), 'f:spec', 'f:n')).toEqual({});
          expect(getPath(ownedBy(after, 'm'), 'f:spec', 'f:n')).toBeUndefined();
        }
      }),
    );
  });

  test('an unforced apply either conflicts or takes nothing from others', () => {
    fc.assert(
      fc.property(history, spec, spec, (steps, first, second) => {
        const live = apply(replay(steps), 'm', first);
        const owned = ownedBy(live, 'm');
        const outcome = serverSideApply({
          ...base,
          live,
          manager: 'x',
          applied: gadget(second),
          force: false,
          time: now(),
        });
        if (outcome.kind === 'applied') expect(ownedBy(outcome.object, 'm')).toEqual(owned);
      }),
    );
  });
});
