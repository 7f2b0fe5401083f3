import type { KubeObject, Transport, WireRequest } from '@cartographer/machinery';
import { failure, silentLog } from '@cartographer/machinery';
import { createFakeClock, createFaultTransport } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import type { EventObject } from './event-correlator.ts';
import { createEventRecorder } from './event-recorder.ts';

const about: KubeObject = {
  apiVersion: 'carto.run/v1alpha1',
  kind: 'Workload',
  metadata: { namespace: 'team', name: 'shop', uid: 'u1', resourceVersion: '7' },
};

function setup() {
  const clock = createFakeClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  const served: WireRequest[] = [];
  const transport: Transport = {
    request(request) {
      served.push(request);
      return Promise.resolve({ status: 201, headers: {}, body: request.body });
    },
    close: () => Promise.resolve(),
  };
  const faults = createFaultTransport(transport, { clock });
  const client = createClient({ transport: faults, clock });
  const lines: object[] = [];
  const log = { ...silentLog, warn: (fields: object) => void lines.push(fields) };
  const recorder = createEventRecorder({ client, component: 'Workload', clock, log, random: () => 0.5 });
  const created = (): EventObject[] =>
    served.filter(({ method }) => method === 'POST').map(({ body }) => body as unknown as EventObject);
  const patched = (): WireRequest[] => served.filter(({ method }) => method === 'PATCH');
  return { clock, served, faults, recorder, created, patched, lines };
}

describe('event recorder', () => {
  it('writes an event as client-go does', async () => {
    const { recorder, created, served } = setup();
    recorder.event(about, 'Normal', 'StampedObjectApplied', 'Created object [configmaps/x]');
    await recorder.flush();
    expect(served[0]?.path).toBe('/api/v1/namespaces/team/events');
    expect(created()).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: `shop.${(1_767_323_045_000_500_000n).toString(16)}`, namespace: 'team' },
        involvedObject: {
          kind: 'Workload',
          namespace: 'team',
          name: 'shop',
          uid: 'u1',
          apiVersion: 'carto.run/v1alpha1',
          resourceVersion: '7',
        },
        reason: 'StampedObjectApplied',
        message: 'Created object [configmaps/x]',
        source: { component: 'Workload' },
        firstTimestamp: '2026-01-02T03:04:05Z',
        lastTimestamp: '2026-01-02T03:04:05Z',
        count: 1,
        type: 'Normal',
        eventTime: null,
        reportingComponent: 'Workload',
        reportingInstance: '',
      },
    ]);
  });

  it('puts events about cluster-scoped objects into the default namespace', async () => {
    const { recorder, served } = setup();
    recorder.event({ ...about, metadata: { name: 'chain' } }, 'Warning', 'Reason', 'text');
    await recorder.flush();
    expect(served[0]?.path).toBe('/api/v1/namespaces/default/events');
  });

  it('counts the same event on the first one', async () => {
    const { recorder, clock, created, patched } = setup();
    recorder.event(about, 'Normal', 'Same', 'text');
    await clock.advance(5_000);
    recorder.event(about, 'Normal', 'Same', 'text');
    recorder.event(about, 'Normal', 'Same', 'text');
    await recorder.flush();
    expect(created()).toHaveLength(1);
    const path = `/api/v1/namespaces/team/events/${created()[0]?.metadata.name}`;
    expect(patched().map((request) => [request.path, request.headers?.['content-type'], request.body])).toEqual([
      [
        path,
        'application/strategic-merge-patch+json',
        { count: 2, lastTimestamp: '2026-01-02T03:04:10Z', message: 'text' },
      ],
      [
        path,
        'application/strategic-merge-patch+json',
        { count: 3, lastTimestamp: '2026-01-02T03:04:10Z', message: 'text' },
      ],
    ]);
  });

  it('makes an event anew when the one to count has expired', async () => {
    const { recorder, faults, created } = setup();
    recorder.event(about, 'Normal', 'Same', 'text');
    await recorder.flush();
    faults.inject({ when: ({ method }) => method === 'PATCH', fault: { kind: 'status', code: 404 } });
    recorder.event(about, 'Normal', 'Same', 'text');
    await recorder.flush();
    expect(created().map(({ count }) => count)).toEqual([1, 2]);
  });

  it('combines similar events from the tenth on', async () => {
    const { recorder, created, patched } = setup();
    for (let i = 1; i <= 12; i++) recorder.event(about, 'Normal', 'Similar', `text ${i}`);
    await recorder.flush();
    const messages = created().map(({ message }) => message);
    expect(messages).toEqual([
      ...Array.from({ length: 9 }, (_, i) => `text ${i + 1}`),
      '(combined from similar events): text 10',
    ]);
    expect(patched().map(({ body }) => body)).toMatchObject([
      { count: 2, message: '(combined from similar events): text 11' },
      { count: 3, message: '(combined from similar events): text 12' },
    ]);
  });

  it('forgets similarity after ten minutes of silence', async () => {
    const { recorder, clock, created } = setup();
    for (let i = 1; i <= 9; i++) recorder.event(about, 'Normal', 'Similar', `text ${i}`);
    await recorder.flush();
    await clock.advance(601_000);
    recorder.event(about, 'Normal', 'Similar', 'text 10');
    await recorder.flush();
    expect(created().at(-1)?.message).toBe('text 10');
  });

  it('lets 25 events about one object through at once, then one every five minutes', async () => {
    const { recorder, clock, served } = setup();
    const other = { ...about, metadata: { ...about.metadata, uid: 'u2', name: 'other' } };
    for (let i = 0; i < 40; i++) recorder.event(about, 'Normal', `Reason${i}`, 'text');
    recorder.event(other, 'Normal', 'Reason', 'text');
    await recorder.flush();
    expect(served).toHaveLength(26);
    await clock.advance(300_000);
    for (let i = 0; i < 5; i++) recorder.event(about, 'Normal', `Later${i}`, 'text');
    await recorder.flush();
    expect(served).toHaveLength(27);
  });

  it('keeps the order over a failure that passes', async () => {
    const { recorder, clock, faults, created } = setup();
    faults.inject({ when: () => true, fault: { kind: 'reset' } });
    faults.inject({ when: () => true, fault: { kind: 'status', code: 503, retryAfterSeconds: 3 } });
    recorder.event(about, 'Normal', 'First', 'text');
    recorder.event(about, 'Normal', 'Second', 'text');
    await clock.advance(10_000);
    await recorder.flush();
    expect(created().map(({ reason }) => reason)).toEqual(['First', 'Second']);
  });

  it('writes an event under one name and a count as a number, so that a lost answer doubles nothing', async () => {
    const { recorder, clock, faults, created, patched } = setup();
    faults.inject({ when: ({ method }) => method === 'POST', fault: { kind: 'applied-but', hear: 'reset' } });
    recorder.event(about, 'Normal', 'First', 'text');
    await clock.advance(10_000);
    await recorder.flush();
    expect(new Set(created().map(({ metadata }) => metadata.name)).size).toBe(1);
    faults.inject({ when: ({ method }) => method === 'PATCH', fault: { kind: 'applied-but', hear: 'reset' } });
    recorder.event(about, 'Normal', 'First', 'text');
    await clock.advance(10_000);
    await recorder.flush();
    expect(patched().map(({ body }) => (body as { count?: number }).count)).toEqual([2, 2]);
  });

  it('gives up what the server refuses, and after a while what it does not answer', async () => {
    const { recorder, clock, faults, created } = setup();
    const body = failure(403, 'Forbidden', 'being terminated', { causes: [{ reason: 'NamespaceTerminating' }] });
    faults.inject({ when: () => true, fault: { kind: 'status', code: 403, body } });
    faults.inject({ when: () => true, times: 8, fault: { kind: 'reset' } });
    for (const reason of ['Refused', 'Unanswered', 'Fine']) recorder.event(about, 'Normal', reason, 'text');
    await clock.advance(120_000);
    await recorder.flush();
    expect(created().map(({ reason }) => reason)).toEqual(['Fine']);
  });

  it('drops events beyond its bound instead of growing, and says so in one line', async () => {
    const { recorder, clock, faults, lines } = setup();
    faults.inject({ when: () => true, fault: { kind: 'delay', ms: 1_000 } });
    const objects = Array.from({ length: 1_500 }, (_, i) => ({
      ...about,
      metadata: { namespace: 'team', name: `o${i}` },
    }));
    for (const object of objects) recorder.event(object, 'Normal', 'Reason', 'text');
    await clock.advance(1_000);
    await recorder.flush();
    expect(faults.requests.length).toBe(1_001); // one under way, a thousand waiting
    expect(lines).toEqual([{ dropped: 1_500 - faults.requests.length }]);
  });
});
