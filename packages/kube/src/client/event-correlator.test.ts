import { describe, expect, it } from 'vitest';
import type { EventObject } from './event-correlator.ts';
import { createEventCorrelator } from './event-correlator.ts';

const START_MS = 1_000_000_000;
const MINUTE_MS = 60_000;

let made = 0;
const event = (fields: Partial<EventObject> = {}): EventObject => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { namespace: 'team', name: `event-${(made += 1)}` },
  involvedObject: { apiVersion: 'carto.run/v1alpha1', kind: 'Workload', namespace: 'team', name: 'shop', uid: 'u1' },
  reason: 'Reason',
  message: 'text',
  source: { component: 'Workload' },
  firstTimestamp: '2026-01-01T00:00:00Z',
  lastTimestamp: '2026-01-01T00:00:00Z',
  count: 1,
  type: 'Normal',
  eventTime: null,
  reportingComponent: 'Workload',
  reportingInstance: '',
  ...fields,
});

const about = (fields: object): Partial<EventObject> => ({ involvedObject: { ...event().involvedObject, ...fields } });

describe('the same event again', () => {
  it('is counted on the first one, under its name and since its time', () => {
    const { correlate } = createEventCorrelator();
    const first = event({ firstTimestamp: '2026-01-01T00:00:01Z' });
    expect(correlate(first, START_MS)).toMatchObject({ kind: 'create', event: first });
    for (const count of [2, 3]) {
      const again = event({ firstTimestamp: '2026-01-01T00:00:09Z', lastTimestamp: '2026-01-01T00:00:09Z' });
      expect(correlate(again, START_MS)).toMatchObject({
        kind: 'count',
        event: {
          metadata: { name: first.metadata.name, namespace: 'team' },
          firstTimestamp: '2026-01-01T00:00:01Z',
          lastTimestamp: '2026-01-01T00:00:09Z',
          count,
        },
      });
    }
  });

  it.each<[string, Partial<EventObject>]>([
    ['the message', { message: 'other' }],
    ['the reason', { reason: 'Other' }],
    ['the type', { type: 'Warning' }],
    ['the component', { source: { component: 'Deliverable' } }],
    ['the host', { source: { component: 'Workload', host: 'h' } }],
    ['the reporting component', { reportingComponent: 'Other' }],
    ['the reporting instance', { reportingInstance: 'other' }],
    ['the object’s name', about({ name: 'other' })],
    ['the object’s namespace', about({ namespace: 'other' })],
    ['the object’s life', about({ uid: 'u2' })],
    ['the object’s kind', about({ kind: 'Other' })],
    ['the object’s version of its kind', about({ apiVersion: 'carto.run/v1' })],
  ])('is another one when it differs in %s', (_what, difference) => {
    const { correlate } = createEventCorrelator();
    correlate(event(), START_MS);
    expect(correlate(event(difference), START_MS)).toMatchObject({ kind: 'create', event: { count: 1 } });
  });
});

describe('events that differ only in their message', () => {
  const say = (correlate: ReturnType<typeof createEventCorrelator>['correlate'], n: number, nowMs: number): unknown => {
    const correlated = correlate(event({ message: `text ${n}` }), nowMs);
    return correlated.kind === 'skip' ? 'skip' : `${correlated.kind}: ${correlated.event.message}`;
  };

  it('are one from the tenth on, with the text of the last', () => {
    const { correlate } = createEventCorrelator();
    for (let n = 1; n <= 9; n += 1) expect(say(correlate, n, START_MS)).toBe(`create: text ${n}`);
    expect(say(correlate, 10, START_MS)).toBe('create: (combined from similar events): text 10');
    expect(say(correlate, 11, START_MS)).toBe('count: (combined from similar events): text 11');
  });

  it.each([
    [10 * MINUTE_MS, 'create: (combined from similar events): text 10'],
    [10 * MINUTE_MS + 1, 'create: text 10'],
  ])('are similar for ten minutes after the last: %d ms', (afterMs, expected) => {
    const { correlate } = createEventCorrelator();
    // The first are long past; what counts is the last.
    for (let n = 1; n <= 9; n += 1) say(correlate, n, START_MS + n * MINUTE_MS);
    expect(say(correlate, 10, START_MS + 9 * MINUTE_MS + afterMs)).toBe(expected);
  });

  it('are not counted twice for the same message', () => {
    const { correlate } = createEventCorrelator();
    for (let n = 1; n <= 20; n += 1) expect(say(correlate, 1, START_MS)).toMatch(/: text 1$/);
    expect(say(correlate, 2, START_MS)).toBe('create: text 2');
  });

  it('are combined again after the silence that made them apart', () => {
    const { correlate } = createEventCorrelator();
    for (let n = 1; n <= 9; n += 1) say(correlate, n, START_MS);
    const laterMs = START_MS + 30 * MINUTE_MS;
    for (let n = 10; n <= 18; n += 1) expect(say(correlate, n, laterMs)).toBe(`create: text ${n}`);
    expect(say(correlate, 19, laterMs)).toBe('create: (combined from similar events): text 19');
  });
});

describe('one object’s events', () => {
  const kindsOf = (correlate: ReturnType<typeof createEventCorrelator>['correlate'], times: number, nowMs: number) => {
    const kinds = Array.from(
      { length: times },
      (_, n) => correlate(event({ reason: `Reason${made}-${n}` }), nowMs).kind,
    );
    return {
      passed: kinds.filter((kind) => kind !== 'skip').length,
      skipped: kinds.filter((kind) => kind === 'skip').length,
    };
  };

  it('are 25 at once, and one more every five minutes, 25 at most', () => {
    const { correlate } = createEventCorrelator();
    expect(kindsOf(correlate, 30, START_MS)).toEqual({ passed: 25, skipped: 5 });
    expect(kindsOf(correlate, 2, START_MS + 5 * MINUTE_MS - 1)).toEqual({ passed: 0, skipped: 2 });
    expect(kindsOf(correlate, 2, START_MS + 5 * MINUTE_MS)).toEqual({ passed: 1, skipped: 1 });
    expect(kindsOf(correlate, 30, START_MS + 100 * 60 * MINUTE_MS)).toEqual({ passed: 25, skipped: 5 });
  });

  it('are no more when the clock is set back', () => {
    const { correlate } = createEventCorrelator();
    kindsOf(correlate, 25, START_MS);
    expect(kindsOf(correlate, 1, START_MS - 60 * MINUTE_MS)).toEqual({ passed: 0, skipped: 1 });
  });

  it.each([
    ['another object', about({ uid: 'u2' })],
    ['another component', { source: { component: 'Deliverable' } }],
  ])('leave those of %s alone', (_what, difference) => {
    const { correlate } = createEventCorrelator();
    kindsOf(correlate, 30, START_MS);
    expect(correlate(event(difference), START_MS).kind).toBe('create');
  });

  it('that are left out are counted all the same, as client-go does', () => {
    const { correlate } = createEventCorrelator();
    kindsOf(correlate, 25, START_MS);
    const same = { reason: 'Same' };
    expect(correlate(event(same), START_MS).kind).toBe('skip');
    expect(correlate(event(same), START_MS + 5 * MINUTE_MS)).toMatchObject({ kind: 'count', event: { count: 2 } });
  });
});
