import { ApiError, type Client } from '@cartographer/kube';
import { failure, type JsonObject, type ResourceType, whenAborted } from '@cartographer/machinery';
import { createFakeClock, type FakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { NamespaceWatches } from './namespace-watches.ts';

const core = (kind: string, resource: string): ResourceType => ({
  group: '',
  version: 'v1',
  kind,
  resource,
  namespaced: true,
});
const SECRETS = core('Secret', 'secrets');
const ACCOUNTS = core('ServiceAccount', 'serviceaccounts');

/** An API server whose watches a test feeds, one after the other: what was asked, and what is there. */
function fed(clock: FakeClock, mayWatch: boolean, code: 403 | 404 = 403) {
  const asked: string[] = [];
  const woken: string[][] = [];
  const queues = new Map<string, JsonObject[]>();
  let told = Promise.withResolvers<void>();
  const client: Pick<Client, 'watch'> = {
    async *watch({ kind }, { namespace = '', signal } = {}) {
      asked.push(`${kind} ${namespace}`);
      if (!mayWatch) throw new ApiError(failure(code, code === 403 ? 'Forbidden' : 'NotFound', 'no'));
      const isOver = (): boolean => signal?.aborted === true;
      for (let at = 0; !isOver(); ) {
        const objects = queues.get(kind) ?? [];
        for (; at < objects.length; at += 1) yield { type: 'ADDED', object: objects[at] ?? null };
        await Promise.race([told.promise, whenAborted(signal ?? new AbortController().signal)]);
      }
    },
  };
  const watches = new NamespaceWatches({
    client,
    clock,
    types: [SECRETS, ACCOUNTS],
    wake: (keys) => void woken.push([...keys]),
  });
  const change = (kind: string, name: string, resourceVersion: string): void => {
    queues.set(kind, [...(queues.get(kind) ?? []), { metadata: { name, resourceVersion } }]);
    const { resolve } = told;
    told = Promise.withResolvers<void>();
    resolve();
  };
  return { asked, woken, watches, change };
}

describe('what is followed in namespaces', () => {
  it('is nothing while nobody waits, and ends with the last who does', async () => {
    const clock = createFakeClock();
    const { asked, woken, watches, change } = fed(clock, true);
    const stop = new AbortController();
    const run = watches.run(stop.signal);
    watches.note('a', 'red', false);
    await clock.advance(2_000);
    expect(asked).toEqual([]);
    watches.note('a', 'red', true);
    watches.note('b', 'red', true);
    await clock.advance(2_000);
    expect(asked).toEqual(['Secret red', 'ServiceAccount red']);
    watches.note('a', 'red', false);
    change('Secret', 'login', '1');
    await clock.advance(2_000);
    expect(woken).toEqual([['b']]);
    watches.note('b', 'red', false);
    change('Secret', 'login', '2');
    await clock.advance(60_000);
    expect(woken).toHaveLength(1);
    stop.abort(new Error('over'));
    await run;
    expect(clock.pending).toBe(0);
  });

  it('wakes once for changes that come together, rests between two, and knows what it saw', async () => {
    const clock = createFakeClock();
    const { woken, watches, change } = fed(clock, true);
    watches.note('a', 'red', true);
    for (const version of ['1', '2', '2', '3']) change('Secret', 'login', version);
    change('ServiceAccount', 'default', '4');
    await clock.advance(5_000);
    expect(woken).toHaveLength(1);
    change('Secret', 'login', '5');
    await clock.advance(20_000);
    expect(woken).toHaveLength(1);
    await clock.advance(10_000);
    expect(woken).toHaveLength(2);
    // The server ends the watch, and gives all that is there anew.
    await clock.advance(400_000);
    expect(woken.length).toBeLessThanOrEqual(3);
    watches.note('a', 'red', false);
  });

  it.each<[string, 403 | 404]>([
    ['the namespace does not let it', 403],
    ['the cluster has no such kind', 404],
  ])('is asked for once in ten minutes where %s, and the first kind alone', async (_what, code) => {
    const clock = createFakeClock();
    const { asked, woken, watches } = fed(clock, false, code);
    watches.note('a', 'red', true);
    await clock.advance(599_000);
    expect(asked).toEqual(['Secret red']);
    await clock.advance(2_000);
    expect(asked).toEqual(['Secret red', 'Secret red']);
    expect(woken).toEqual([]);
    watches.note('a', 'red', false);
  });

  it('is no more than a hundred namespaces', async () => {
    const clock = createFakeClock();
    const { asked, watches } = fed(clock, false);
    for (let at = 0; at < 101; at += 1) watches.note(`key-${at}`, `namespace-${at}`, true);
    await clock.advance(500);
    expect(asked).toHaveLength(100);
    for (let at = 0; at < 101; at += 1) watches.note(`key-${at}`, `namespace-${at}`, false);
  });
});
