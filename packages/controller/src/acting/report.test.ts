import { carto } from '@cartographer/api';
import { createClient, type EventRecorder, type InformerEvent } from '@cartographer/kube';
import {
  failure,
  type JsonObject,
  type KubeObject,
  type WireRequest,
  type WireResponse,
} from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createReporter } from './report.ts';

const { signal } = new AbortController();
const STATUS = { conditions: [{ type: 'Ready', status: 'True' }], observedGeneration: 1 };

function shop(
  metadata: Partial<KubeObject['metadata']> = {},
  status?: JsonObject,
  spec: JsonObject = { a: 1 },
): KubeObject {
  const meta = { name: 'shop', namespace: 'team', uid: 'u', generation: 1, resourceVersion: '5', ...metadata };
  return { apiVersion: 'carto.run/v1alpha1', kind: 'Workload', metadata: meta, spec, ...(status && { status }) };
}

/** A reporter whose server answers as told; by default with what it was sent, at version 6. */
function reporting(answer?: (request: WireRequest) => Promise<WireResponse>) {
  const sent: WireRequest[] = [];
  const events: string[] = [];
  const accept = async ({ body }: WireRequest): Promise<WireResponse> => {
    const { status } = body as { readonly status: JsonObject };
    return { status: 200, headers: {}, body: shop({ resourceVersion: '6' }, status) };
  };
  const transport = {
    request: (request: WireRequest) => {
      sent.push(request);
      return (answer ?? accept)(request);
    },
    close: async () => undefined,
  };
  const recorder: Pick<EventRecorder, 'event'> = {
    event: (_about, type, reason, message) => void events.push(`${type} ${reason} ${message}`),
  };
  const client = createClient({ transport, clock: createFakeClock(0) });
  return { sent, events, reporter: createReporter({ client, type: carto.kinds.Workload, recorder }) };
}

const updated = (object: KubeObject, old?: KubeObject): InformerEvent => {
  return { type: 'updated', object, ...(old && { old }), initial: false };
};

describe('the echo of a status', () => {
  const after = { resourceVersion: '6' };

  it.each<readonly [string, KubeObject, KubeObject | undefined, boolean]>([
    ['nothing else', shop(after, STATUS), shop(), true],
    ['a spec', shop({ ...after, generation: 2 }, STATUS, { a: 2 }), shop(), false],
    ['an annotation', shop({ ...after, annotations: { a: 'b' } }, STATUS), shop(), false],
    [
      'an annotation that changes',
      shop({ ...after, annotations: { a: 'b' } }, STATUS),
      shop({ annotations: { a: 'a' } }),
      false,
    ],
    ['an annotation that goes', shop(after, STATUS), shop({ annotations: { a: 'a' } }), false],
    [
      'carto.run/rerun',
      shop({ ...after, annotations: { 'carto.run/rerun': '2' } }, STATUS),
      shop({ annotations: { 'carto.run/rerun': '1' } }),
      false,
    ],
    ['a label', shop({ ...after, labels: { a: 'b' } }, STATUS), shop(), false],
    ['a deletion', shop({ ...after, deletionTimestamp: 'now' }, STATUS), shop(), false],
    ['another object of the name', shop({ ...after, uid: 'v' }, STATUS), shop(), false],
    ['another status', shop(after, { ...STATUS, more: 1 }), shop(), false],
    ['no older version', shop(after, STATUS), undefined, false],
    [
      'equal labels and annotations',
      shop({ ...after, labels: { a: 'b' }, annotations: { c: 'd' } }, STATUS),
      shop({ labels: { a: 'b' }, annotations: { c: 'd' } }),
      true,
    ],
  ])('wakes nobody unless an edit of others comes with it: %s', async (_what, object, old, isEcho) => {
    const { reporter } = reporting();
    await reporter.status(shop(), STATUS, signal);
    expect(reporter.isEcho(updated(object, old))).toBe(isEcho);
  });

  it('is known before the write is answered', async () => {
    const answered = Promise.withResolvers<WireResponse>();
    const { reporter } = reporting(() => answered.promise);
    const written = reporter.status(shop(), STATUS, signal);
    expect(reporter.isEcho(updated(shop(after, STATUS), shop()))).toBe(true);
    answered.resolve({ status: 200, headers: {}, body: shop(after, STATUS) });
    await written;
  });

  it('comes once: what brings the same status again is the doing of somebody else', async () => {
    const { reporter } = reporting();
    await reporter.status(shop(), STATUS, signal);
    expect(reporter.isEcho(updated(shop(after, STATUS), shop()))).toBe(true);
    expect(reporter.isEcho(updated(shop({ resourceVersion: '8' }, STATUS), shop({ resourceVersion: '7' }, {})))).toBe(
      false,
    );
  });

  it('is still awaited after an edit that came before it, and is of the last status sent', async () => {
    const { reporter } = reporting();
    await reporter.status(shop(), { first: 1 }, signal);
    await reporter.status(shop(), STATUS, signal);
    const edited = shop({ annotations: { a: 'b' } });
    expect(reporter.isEcho(updated(edited, shop()))).toBe(false);
    expect(reporter.isEcho(updated(shop(after, { first: 1 }), shop()))).toBe(false);
    expect(reporter.isEcho(updated(shop({ ...after, annotations: { a: 'b' } }, STATUS), edited))).toBe(true);
  });

  it('is none of an object that was not reported, that is another, or that was forgotten', async () => {
    const { reporter } = reporting();
    expect(reporter.isEcho(updated(shop(after, STATUS), shop()))).toBe(false);
    await reporter.status(shop(), STATUS, signal);
    expect(reporter.isEcho(updated(shop({ ...after, name: 'b' }, STATUS), shop({ name: 'b' })))).toBe(false);
    reporter.forget('team/shop');
    expect(reporter.isEcho(updated(shop(after, STATUS), shop()))).toBe(false);
  });
});

describe('a status', () => {
  it('is applied whole, to the object of this uid alone', async () => {
    const { reporter, sent } = reporting();
    await reporter.status(shop({ labels: { a: 'b' } }), STATUS, signal);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      method: 'PATCH',
      path: '/apis/carto.run/v1alpha1/namespaces/team/workloads/shop/status',
      query: { fieldManager: 'cartographer', force: 'true' },
    });
    expect(sent[0]?.body).toEqual({
      apiVersion: 'carto.run/v1alpha1',
      kind: 'Workload',
      metadata: { name: 'shop', namespace: 'team', uid: 'u' },
      status: STATUS,
    });
  });

  it('is part of the latest object until the cache has come that far, without managed fields', async () => {
    const managed = { resourceVersion: '6', managedFields: [{ manager: 'x', operation: 'Apply' }] } as const;
    const { reporter } = reporting(async () => {
      return { status: 200, headers: {}, body: shop(managed, STATUS) };
    });
    const old = shop();
    expect(reporter.latest(old)).toBe(old);
    await reporter.status(old, STATUS, signal);
    expect(reporter.latest(old)).toEqual(shop({ resourceVersion: '6' }, STATUS));
    const newer = shop({ resourceVersion: '7' });
    expect(reporter.latest(newer)).toBe(newer);
    await reporter.status(old, STATUS, signal);
    reporter.forget('team/shop');
    expect(reporter.latest(old)).toBe(old);
  });

  it.each([
    [404, 'NotFound', false],
    [409, 'Conflict', false],
    [403, 'Forbidden', true],
    [500, 'InternalError', true],
  ])(
    'of an object that is gone or was made anew is let be, another refusal is thrown: %i',
    async (code, reason, isThrown) => {
      const { reporter } = reporting(async () => {
        return { status: code, headers: {}, body: failure(code, reason, 'no') };
      });
      const end = await reporter.status(shop(), STATUS, signal).then(
        () => false,
        () => true,
      );
      expect(end).toBe(isThrown);
      const old = shop();
      expect(reporter.latest(old)).toBe(old);
    },
  );

  it('that the first implementation wrote loses what ours does not say', async () => {
    const managedFields = [{ manager: 'cartographer', operation: 'Update', subresource: 'status' }] as const;
    const answers = [
      shop({ resourceVersion: '6', managedFields }, { ...STATUS, stale: 1 }),
      shop({ resourceVersion: '7' }, STATUS),
    ];
    const { reporter, sent } = reporting(async () => ({
      status: 200,
      headers: {},
      body: answers.shift()!,
    }));
    await reporter.status(shop(), STATUS, signal);
    expect(sent[1]).toMatchObject({
      method: 'PATCH',
      path: '/apis/carto.run/v1alpha1/namespaces/team/workloads/shop/status',
      query: { fieldManager: 'cartographer' },
      body: { status: { stale: null } },
    });
    expect(reporter.latest(shop()).metadata.resourceVersion).toBe('7');
  });
});

describe('a status that is cut off', () => {
  const managedFields = [{ manager: 'cartographer', operation: 'Update', subresource: 'status' }] as const;
  const old = { status: 200, headers: {}, body: shop({ managedFields }, { stale: 1 }) };

  it.each<readonly [string, readonly WireResponse[]]>([
    ['its write', []],
    ['what is left of an old one', [old]],
  ])('waits no longer for %s, and is thrown', async (_what, answers) => {
    const waiting = [...answers];
    const sent = Promise.withResolvers<void>();
    const { reporter } = reporting(({ signal: end }) => {
      const answer = waiting.shift();
      if (answer !== undefined) return Promise.resolve(answer);
      sent.resolve();
      return new Promise((_resolve, reject) => end?.addEventListener('abort', () => reject(end.reason as Error)));
    });
    const cut = new AbortController();
    const over = reporter.status(shop(), STATUS, cut.signal);
    await sent.promise;
    cut.abort(new Error('cut off'));
    await expect(over).rejects.toThrow('cut off');
    expect(reporter.latest(shop())).toEqual(shop());
  });
});

describe('events', () => {
  const warning = (message: string) => ({ type: 'Warning', reason: 'SelectorError', message }) as const;
  const normal = (message: string) => ({ type: 'Normal', reason: 'StampedObjectApplied', message }) as const;

  it('are sent each time, but a warning that stood in the reconcile before only once', () => {
    const { reporter, events } = reporting();
    const told = (
      about: KubeObject,
      ...list: readonly ReturnType<typeof warning | typeof normal>[]
    ): readonly string[] => {
      reporter.events(about, list);
      return events.splice(0);
    };
    expect(told(shop(), normal('a'), warning('b'))).toEqual([
      'Normal StampedObjectApplied a',
      'Warning SelectorError b',
    ]);
    expect(told(shop(), normal('a'), warning('b'), warning('c'))).toEqual([
      'Normal StampedObjectApplied a',
      'Warning SelectorError c',
    ]);
    expect(told(shop({ name: 'other' }), warning('b'))).toEqual(['Warning SelectorError b']);
    expect(told(shop(), warning('c'))).toEqual([]);
    expect(told(shop(), warning('b'))).toEqual(['Warning SelectorError b']);
    expect(told(shop())).toEqual([]);
    expect(told(shop(), warning('b'))).toEqual(['Warning SelectorError b']);
    reporter.forget('team/shop');
    expect(told(shop(), warning('b'))).toEqual(['Warning SelectorError b']);
    expect(told(shop(), normal('d'))).toEqual(['Normal StampedObjectApplied d']);
    expect(told(shop(), warning('d'))).toEqual(['Warning SelectorError d']);
  });
});
