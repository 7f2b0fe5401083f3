import { createClient, isAlreadyExists, isAmbiguous } from '@cartographer/kube';
import type { KubeObject, ResourceType, WatchEvent } from '@cartographer/machinery';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Embedded } from './embedded.ts';
import { startEmbedded } from './embedded.ts';
import { createFakeClock } from './fake-clock.ts';
import type { FaultTransport } from './fault-transport.ts';
import { createFaultTransport, errorEvent, lists, watches, writes } from './fault-transport.ts';

const configMaps: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
};
const named = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'default', name },
});

describe('fault transport on an embedded server', () => {
  let embedded: Embedded;
  let faults: FaultTransport;
  beforeEach(async () => {
    embedded = await startEmbedded();
    faults = createFaultTransport(embedded.adminTransport, { clock: createFakeClock() });
  });
  afterEach(() => embedded.close());
  const client = () => createClient({ transport: faults, clock: createFakeClock() });

  it.each([{ hear: 504 as const }, { hear: 'reset' as const }])(
    'lets a write happen and answers $hear: the caller can only look, or create again under the same name',
    async ({ hear }) => {
      faults.inject({ when: writes, fault: { kind: 'applied-but', hear } });
      const error: unknown = await client()
        .create(configMaps, named('a'))
        .catch((caught: unknown) => caught);
      expect(isAmbiguous(error)).toBe(true);
      await expect(client().create(configMaps, named('a'))).rejects.toSatisfy(isAlreadyExists);
    },
  );

  it('keeps a write away from the server on a reset', async () => {
    faults.inject({ when: writes, fault: { kind: 'reset' } });
    await expect(client().create(configMaps, named('a'))).rejects.toMatchObject({ code: 'CARTO_CONNECTION_LOST' });
    await client().create(configMaps, named('a'));
  });

  it('hits the requests that a rule names, as often as it says', async () => {
    const off = faults.inject({ when: lists, after: 1, times: 2, fault: { kind: 'status', code: 503 } });
    const outcomes: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      if (i === 4) off();
      outcomes.push(
        await client()
          .list(configMaps)
          .then(
            () => 200,
            (error: { status: { code: number } }) => error.status.code,
          ),
      );
    }
    expect(outcomes).toEqual([200, 503, 503, 200, 200]);
    expect(faults.hits).toBe(2);
    expect(faults.requests).toHaveLength(5);
  });

  it('serves an older list', async () => {
    const old = await embedded.client.list(configMaps);
    await client().create(configMaps, named('a'));
    const answer = () => Promise.resolve({ status: 200, headers: {}, body: old as never });
    faults.inject({ when: lists, fault: { kind: 'answer', answer } });
    expect(await client().list(configMaps)).toEqual(old);
    expect((await client().list(configMaps)).items.length).toBe(old.items.length + 1);
  });

  it('ends a watch after some events, or puts an ERROR event in between', async () => {
    for (const name of ['a', 'b', 'c']) await embedded.client.create(configMaps, named(name));
    faults.inject({ when: watches, fault: { kind: 'watch', afterEvents: 2, effect: 'eof' } });
    expect((await collect(client().watch(configMaps, { namespace: 'default' }))).length).toBe(2);
    const insert = errorEvent(410, 'Expired', 'too old');
    faults.inject({ when: watches, fault: { kind: 'watch', afterEvents: 1, effect: { insert } } });
    const seen = await collect(client().watch(configMaps, { namespace: 'default' }), 2);
    expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'ERROR']);
  });
});

async function collect(events: AsyncIterable<WatchEvent>, limit = Number.POSITIVE_INFINITY): Promise<WatchEvent[]> {
  const seen: WatchEvent[] = [];
  for await (const event of events) {
    seen.push(event);
    if (seen.length >= limit) break;
  }
  return seen;
}
