import type { KubeObject } from '@cartographer/machinery';
import { stepsOf } from '@cartographer/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createObjectMirror } from './object-mirror.ts';
import { createObjectStore } from './object-store.ts';

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
      fc.property(stepsOf(step, { max: 60 }), (steps) => {
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
    expect(mirror.apply('DELETED', object('8', 'other'))).toEqual({
      type: 'deleted',
      object: object('8', 'other'),
      old: object('7', 'other'),
    });
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

describe('the position of an object mirror', () => {
  const object = (name: string, resourceVersion: string | undefined, uid = 'u'): KubeObject => ({
    apiVersion: 'v1',
    kind: 'X',
    metadata: { name, uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  });
  /** `a` at version 5 and `b` at 8, as of position 10. */
  const filled = () => {
    const { store, mirror } = setup();
    mirror.replace([object('a', '5'), object('b', '8')], '10');
    const content = (): unknown[] => store.list().map(({ metadata }) => [metadata.name, metadata.resourceVersion]);
    return { mirror, content };
  };
  const before = [
    ['a', '5'],
    ['b', '8'],
  ];

  it.each([
    ['ADDED', 'gone', '9'],
    ['MODIFIED', 'gone', '9'],
    ['DELETED', 'gone', '9'],
    ['MODIFIED', 'a', '9'],
    ['MODIFIED', 'a', '4'],
    ['DELETED', 'a', '9'],
    ['DELETED', 'b', '7'],
  ] as const)('makes old news of what is older: %s %s at %s', (type, name, resourceVersion) => {
    const { mirror, content } = filled();
    expect(mirror.apply(type, object(name, resourceVersion, 'other'))).toBeUndefined();
    expect([content(), mirror.position]).toEqual([before, '10']);
  });

  it('moves with every event, the deletion of what it never saw included', () => {
    const { mirror } = filled();
    mirror.apply('DELETED', object('gone', '12'));
    expect(mirror.position).toBe('12');
    mirror.apply('MODIFIED', object('a', '14'));
    expect(mirror.position).toBe('14');
    expect(mirror.apply('ADDED', object('gone', '11'))).toBeUndefined();
  });

  it.each([
    ['a newer bookmark', '11', '11'],
    ['an older one', '9', '10'],
    ['one of no version', undefined, '10'],
  ])('never goes back: %s', (_what, resourceVersion, expected) => {
    const { mirror } = filled();
    mirror.advance(resourceVersion);
    expect(mirror.position).toBe(expected);
  });

  it.each([
    ['older', '9', false],
    ['equal', '10', true],
    ['newer', '11', true],
  ])('decides whether a list is taken over: %s', (_what, resourceVersion, isTaken) => {
    const { mirror, content } = filled();
    const changes = mirror.replace([object('a', '5')], resourceVersion);
    expect(changes.map(({ type, old }) => [type, old?.metadata.name])).toEqual(isTaken ? [['deleted', 'b']] : []);
    expect(content()).toEqual(isTaken ? [['a', '5']] : before);
    expect(mirror.position).toBe(isTaken ? resourceVersion : '10');
  });

  it('goes back with a list of a server that was restored, and nothing counts as unchanged then', () => {
    const { mirror, content } = filled();
    const changes = mirror.replace([object('a', '5'), object('c', '3')], '6', true);
    expect(changes.map(({ type, object: { metadata } }) => `${type} ${metadata.name}`)).toEqual([
      'updated a',
      'added c',
      'deleted b',
    ]);
    expect(content()).toEqual([
      ['a', '5'],
      ['c', '3'],
    ]);
    expect(mirror.position).toBe('6');
    expect(mirror.apply('MODIFIED', object('a', '7'))).toMatchObject({ type: 'updated' });
  });

  it('does not protect what is newer than it, but the object’s own version does', () => {
    const { store, mirror } = setup();
    mirror.replace([object('a', '9')], undefined);
    expect(mirror.apply('MODIFIED', object('a', '8'))).toBeUndefined();
    expect(mirror.apply('DELETED', object('a', '8'))).toBeUndefined();
    expect(store.get('a')?.metadata.resourceVersion).toBe('9');
  });

  it.each([
    ['the same version of the same life', '5', 'u', undefined],
    ['the same version of another life', '5', 'other', 'updated'],
    ['a newer version', '6', 'u', 'updated'],
    ['no version', undefined, 'u', 'updated'],
  ])('tells an update of an object only if it is one: %s', (_what, resourceVersion, uid, expected) => {
    const { mirror } = setup();
    mirror.replace([object('a', '5')], '5');
    expect(mirror.apply('MODIFIED', object('a', resourceVersion, uid))?.type).toBe(expected);
    const { mirror: listed } = setup();
    const old = object('a', '5');
    listed.replace([old], '5');
    const now = object('a', resourceVersion, uid);
    const change = { type: 'updated', object: now, old };
    expect(listed.replace([now], '6')).toEqual(expected === undefined ? [] : [change]);
  });

  it('takes an object without a version for new each time', () => {
    const { mirror } = setup();
    mirror.replace([object('a', undefined)], '5');
    expect(mirror.replace([object('a', undefined)], '6')).toMatchObject([{ type: 'updated' }]);
  });
});
