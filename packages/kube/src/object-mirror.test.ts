import type { KubeObject } from '@cartographer/machinery';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createObjectMirror } from './object-mirror.ts';
import { createObjectStore } from './object-store.ts';
import { compareResourceVersions, isOlder } from './resource-version.ts';

type Event = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject };

/** A server with a history: what was there at each version. */
function createHistory() {
  const snapshots: ReadonlyMap<string, KubeObject>[] = [new Map(), new Map()]; // versions begin at 1
  const events: Event[] = [];
  return {
    snapshots,
    events,
    write(name: string, isDelete: boolean): void {
      const before = snapshots.at(-1) ?? new Map<string, KubeObject>();
      if (isDelete && !before.has(name)) return;
      const resourceVersion = String(snapshots.length);
      const object = { apiVersion: 'v1', kind: 'X', metadata: { name, uid: name, resourceVersion } };
      const after = new Map(before);
      if (isDelete) after.delete(name);
      else after.set(name, object);
      snapshots.push(after);
      events.push({ type: isDelete ? 'DELETED' : before.has(name) ? 'MODIFIED' : 'ADDED', object });
    },
  };
}

function setup() {
  const store = createObjectStore({ name: ({ metadata }) => [metadata.name ?? ''] }, () => undefined);
  return { store, mirror: createObjectMirror(store) };
}

const step = fc.oneof(
  fc.record({ do: fc.constant('write'), name: fc.constantFrom('a', 'b', 'c'), isDelete: fc.boolean() }),
  fc.record({ do: fc.constant('deliver') }),
  fc.record({ do: fc.constant('again'), back: fc.nat(5) }),
  fc.record({ do: fc.constant('list'), back: fc.nat(5) }),
  fc.record({ do: fc.constant('bookmark') }),
);

describe('object mirror', () => {
  it('equals the server at its position, however lists and events overlap', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const server = createHistory();
        const { store, mirror } = setup();
        let cursor = 0; // how many events the watch has delivered; event n has version n + 2
        mirror.replace([], '1');
        for (const each of steps) {
          const current = server.snapshots.length - 1;
          if ('isDelete' in each) server.write(each.name, each.isDelete);
          else if (each.do === 'deliver' && cursor < server.events.length) {
            const event = server.events[cursor++];
            if (event !== undefined) mirror.apply(event.type, event.object);
          } else if (each.do === 'again' && 'back' in each) {
            const event = server.events[cursor - 1 - each.back];
            if (event !== undefined) mirror.apply(event.type, event.object);
          } else if (each.do === 'list' && 'back' in each) {
            const at = Math.max(1, current - each.back);
            mirror.replace([...(server.snapshots[at]?.values() ?? [])], String(at));
          } else if (each.do === 'bookmark') mirror.advance(String(cursor + 1));
          const expected = server.snapshots[Number(mirror.position)] ?? new Map();
          expect(new Map([...store.keys()].map((key) => [key, store.get(key)]))).toEqual(expected);
          for (const name of ['a', 'b', 'c'])
            expect(store.byIndex('name', name)).toHaveLength(expected.has(name) ? 1 : 0);
        }
      }),
    );
  });

  it('tells each change once and with what was before', () => {
    const { mirror } = setup();
    const object = (resourceVersion: string, uid = 'u'): KubeObject => ({
      apiVersion: 'v1',
      kind: 'X',
      metadata: { name: 'a', uid, resourceVersion },
    });
    expect(mirror.replace([object('1')], '5')).toMatchObject([{ type: 'added' }]);
    expect(mirror.replace([object('1')], '6')).toEqual([]);
    const recreated = mirror.apply('ADDED', object('7', 'other'));
    expect(recreated).toMatchObject({ type: 'updated', old: { metadata: { uid: 'u' } } });
    expect(mirror.apply('DELETED', object('8', 'other'))).toMatchObject({ type: 'deleted' });
    expect(mirror.apply('DELETED', object('8', 'other'))).toBeUndefined();
  });

  it('takes everything for new when versions cannot be compared', () => {
    const { mirror, store } = setup();
    const object = (resourceVersion: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'X',
      metadata: { name: 'a', resourceVersion },
    });
    mirror.replace([object('abc')], 'abc');
    expect(mirror.apply('MODIFIED', object('abb'))).toMatchObject({ type: 'updated' });
    expect(store.get('a')?.metadata.resourceVersion).toBe('abb');
  });
});

describe('resource versions', () => {
  it('compare as numbers of any length', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 30n }), fc.bigInt({ min: 1n, max: 10n ** 30n }), (left, right) => {
        const order = compareResourceVersions(String(left), String(right)) ?? Number.NaN;
        expect(Math.sign(order)).toBe(left < right ? -1 : left > right ? 1 : 0);
      }),
    );
  });

  it('do not compare when they are no numbers', () => {
    for (const odd of ['', 'x', '01', '-1', '1.5', undefined]) {
      expect(compareResourceVersions(odd, '5')).toBeUndefined();
      expect(isOlder(odd, '5')).toBe(false);
    }
  });
});
