import { type KubeObject, silentLog, type WatchEvent, whenAborted } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { expect, test } from 'vitest';

import type { ResourceInfo } from '../../core-api.ts';
import { followResource } from './follow-resource.ts';

const named = (name: string, resourceVersion: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, uid: name, resourceVersion },
});

/** A source whose lists and watches are played one after the other; the last watch lasts until the signal. */
function source(lists: readonly (readonly KubeObject[])[], watches: readonly (readonly WatchEvent[] | Error)[]) {
  let listed = 0;
  let watched = 0;
  const versions: (string | undefined)[] = [];
  return {
    versions,
    list: async () => {
      const items = lists[listed++] ?? [];
      return { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: String(listed) }, items };
    },
    async *watch(_info: ResourceInfo, options: { resourceVersion?: string; signal?: AbortSignal }) {
      versions.push(options.resourceVersion);
      const events = watches[watched++];
      if (events instanceof Error) throw events;
      if (events !== undefined) yield* events;
      else await whenAborted(options.signal);
    },
  };
}

test('a follower tells what came, changed and went, also what went while no watch was open', async () => {
  const core = source(
    [[named('a', '1'), named('b', '1')], [named('c', '3')]],
    [
      [
        { type: 'MODIFIED', object: named('a', '2') },
        { type: 'DELETED', object: named('b', '2') },
      ],
    ],
  );
  const told: string[] = [];
  const stop = new AbortController();
  const { ended } = await followResource({
    core,
    info: { resource: 'configmaps' } as ResourceInfo,
    clock: createFakeClock(),
    log: silentLog,
    signal: stop.signal,
    onObject: ({ metadata }) => void told.push(`${metadata.name}@${metadata.resourceVersion}`),
    onGone: ({ metadata }) => void told.push(`-${metadata.name}`),
  });
  expect(told).toEqual(['a@1', 'b@1']);
  await expect.poll(() => told.at(-1)).toBe('c@3');
  stop.abort();
  await ended;
  expect(told).toEqual(['a@1', 'b@1', 'a@2', '-b', '-a', 'c@3']);
});

test('a follower that fails waits and begins with the whole state', async () => {
  const clock = createFakeClock();
  const core = source([[], []], [new Error('broken'), [{ type: 'ADDED', object: named('a', '2') }]]);
  const told: string[] = [];
  const stop = new AbortController();
  const { ended } = await followResource({
    core,
    info: { resource: 'configmaps' } as ResourceInfo,
    clock,
    log: silentLog,
    signal: stop.signal,
    onObject: ({ metadata }) => void told.push(metadata.name ?? ''),
  });
  await expect
    .poll(async () => {
      await clock.advance(1000);
      return told;
    })
    .toEqual(['a']);
  stop.abort();
  await ended;
  expect(core.versions.slice(0, 2)).toEqual(['1', '2']);
});
