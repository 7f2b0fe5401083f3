import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import recorded from '../recorded/patches.json' with { type: 'json' };
import { deepFreeze, type Json, type JsonObject, type MutableJsonObject, setKey } from '../values/json.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch, createMergePatch } from './merge-patch.ts';
import { PatchError } from './patch-error.ts';
import { applyStrategicMergePatch, type PatchSchema } from './strategic-merge-patch.ts';

const podSchema: PatchSchema = {
  lists: {
    'metadata.finalizers': { strategy: 'merge' },
    'metadata.ownerReferences': { mergeKey: 'uid' },
    'spec.containers': { mergeKey: 'name' },
    'spec.containers.env': { mergeKey: 'name' },
    'spec.containers.ports': { mergeKey: 'containerPort' },
    'spec.volumes': { mergeKey: 'name' },
  },
};

function apply(kind: string, target: Json, patch: Json): Json {
  if (kind === 'mergepatch') return applyMergePatch(target, patch);
  return kind === 'jsonpatch' ? applyJsonPatch(target, patch) : applyStrategicMergePatch(target, patch, podSchema);
}

describe('patches as the API server applies them', () => {
  it.each(recorded)('$name', ({ kind, target, patch, result, error }) => {
    const given = deepFreeze(target) as Json;
    const change = deepFreeze(patch) as Json;
    if (error === undefined) expect(apply(kind, given, change)).toEqual(result);
    else expect(() => apply(kind, given, change)).toThrow(PatchError);
  });

  it.each(recorded.filter(({ kind, error }) => kind === 'strategic' && error !== undefined))(
    'says what is wrong with a patch as Kubernetes does: $name',
    ({ target, patch, error }) => {
      expect(() => applyStrategicMergePatch(target as Json, patch as Json, podSchema)).toThrow(new PatchError(error));
    },
  );
});

const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'a/b', '~'),
  fc.string({ maxLength: 3 }),
);
const scalar = fc.oneof(fc.string({ maxLength: 3 }), fc.integer(), fc.boolean(), fc.constant(2n ** 60n));

function objectOf(members: fc.Arbitrary<Json>): fc.Arbitrary<JsonObject> {
  return fc.array(fc.tuple(key, members), { maxLength: 4 }).map((entries) => {
    const object: MutableJsonObject = {};
    for (const [name, value] of entries) setKey(object, name, value);
    return object;
  });
}

/** JSON without null: what merge patches can say everything about. */
const { value: json } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, fc.array(tie('value'), { maxLength: 3 }), objectOf(tie('value'))),
}));

describe('merge patch laws', () => {
  it('the patch between two values turns one into the other', () => {
    fc.assert(
      fc.property(objectOf(json), objectOf(json), (from, to) => {
        expect(applyMergePatch(from, createMergePatch(from, to))).toEqual(to);
      }),
    );
  });

  it('the patch between equal values is empty and an empty patch changes nothing', () => {
    fc.assert(
      fc.property(objectOf(json), (value) => {
        expect(createMergePatch(value, value)).toEqual({});
        expect(applyMergePatch(value, {})).toEqual(value);
      }),
    );
  });

  it('applying a patch twice is applying it once', () => {
    fc.assert(
      fc.property(objectOf(json), objectOf(fc.oneof(json, fc.constant(null))), (value, patch) => {
        const once = applyMergePatch(value, patch);
        expect(applyMergePatch(once, patch)).toEqual(once);
      }),
    );
  });
});

describe('JSON patch laws', () => {
  const pointer = (name: string) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;

  it('what was added can be tested, and removing it gives back the original', () => {
    fc.assert(
      fc.property(objectOf(json), key, json, (value, name, added) => {
        const path = pointer(name);
        fc.pre(!Object.hasOwn(value, name));
        const changed = applyJsonPatch(value, [
          { op: 'add', path, value: added },
          { op: 'test', path, value: added },
        ]);
        expect(applyJsonPatch(changed, [{ op: 'remove', path }])).toEqual(value);
      }),
    );
  });

  it('moving there and back changes nothing', () => {
    fc.assert(
      fc.property(objectOf(json), (value) => {
        const [name] = Object.keys(value);
        fc.pre(name !== undefined && !Object.hasOwn(value, 'elsewhere'));
        const [here, there] = [pointer(name ?? ''), '/elsewhere'];
        const moved = applyJsonPatch(value, [
          { op: 'move', from: here, path: there },
          { op: 'move', from: there, path: here },
        ]);
        expect(moved).toEqual(value);
      }),
    );
  });

  it('refuses what is no patch, and copies that double without end', () => {
    expect(() => applyJsonPatch({}, {})).toThrow(PatchError);
    expect(() => applyJsonPatch({}, [1])).toThrow(PatchError);
    const doubling = Array.from({ length: 60 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }));
    expect(() => applyJsonPatch({ a: ['x'] }, doubling)).toThrow('too large');
    const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '', value: {} }));
    expect(() => applyJsonPatch({}, many)).toThrow(
      'The allowed maximum operations in a JSON patch is 10000, got 10001',
    );
  });
});

describe('strategic merge patch laws', () => {
  const items = fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), image: fc.string() }), {
    selector: (item) => item.name,
  });

  it('a patch that names every item in its order gives exactly those items', () => {
    fc.assert(
      fc.property(items, items, (live, wanted) => {
        const names = wanted.map(({ name }) => ({ name }));
        const gone = live
          .filter((item) => !wanted.some(({ name }) => name === item.name))
          .map(({ name }) => ({ name, $patch: 'delete' }));
        const patch = { spec: { '$setElementOrder/containers': names, containers: [...wanted, ...gone] } };
        fc.pre(live.length > 0 && wanted.length > 0);
        expect(applyStrategicMergePatch({ spec: { containers: live } }, patch, podSchema)).toEqual({
          spec: { containers: wanted },
        });
      }),
    );
  });
});
