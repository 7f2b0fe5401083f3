import { BoundedMap } from '@cartographer/machinery';

/** A core/v1 Event as the recorder makes it. */
export type EventObject = {
  readonly apiVersion: 'v1';
  readonly kind: 'Event';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly involvedObject: {
    readonly kind: string;
    readonly namespace?: string;
    readonly name: string;
    readonly uid?: string;
    readonly apiVersion: string;
    readonly resourceVersion?: string;
  };
  readonly reason: string;
  readonly message: string;
  readonly source: { readonly component: string; readonly host?: string };
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly count: number;
  readonly type: 'Normal' | 'Warning';
  readonly eventTime: null;
  readonly reportingComponent: string;
  readonly reportingInstance: string;
};

/** What to do with an event: write it, count one that is there, or leave it be. */
export type Correlated =
  | { readonly kind: 'create'; readonly event: EventObject; readonly key: string }
  | { readonly kind: 'count'; readonly event: EventObject; readonly key: string }
  | { readonly kind: 'skip' };

/** Decides what becomes of events, by the rules of client-go's EventCorrelator. */
export interface EventCorrelator {
  correlate(event: EventObject, nowMs: number): Correlated;
}

type Similar = { readonly messages: Set<string>; lastMs: number };
type Seen = { name: string; firstTimestamp: string; count: number };
type Bucket = { tokens: number; atMs: number };

// The defaults of k8s.io/client-go/tools/record/events_cache.go.
const MAX_KEYS = 4_096;
const SIMILAR_BEFORE_AGGREGATION = 10;
const SIMILAR_WITHIN_MS = 600_000;
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;
const COMBINED = '(combined from similar events): ';

/**
 * Makes an {@link EventCorrelator}. Events that differ only in their message become one after ten in ten minutes; the
 * same event again is counted on the first; and each source and object has 25 events, refilled at one every 5 minutes.
 */
export function createEventCorrelator(): EventCorrelator {
  const similar = new BoundedMap<Similar>(MAX_KEYS);
  const seen = new BoundedMap<Seen>(MAX_KEYS);
  const buckets = new BoundedMap<Bucket>(MAX_KEYS);

  const aggregate = (event: EventObject, nowMs: number): { event: EventObject; key: string } => {
    const group = groupKey(event);
    let record = similar.get(group);
    if (record === undefined || nowMs - record.lastMs > SIMILAR_WITHIN_MS)
      record = { messages: new Set(), lastMs: nowMs };
    record.messages.add(event.message);
    record.lastMs = nowMs;
    similar.set(group, record);
    if (record.messages.size < SIMILAR_BEFORE_AGGREGATION) return { event, key: `${group}\n${event.message}` };
    record.messages.delete(record.messages.values().next().value ?? ''); // bounded, as client-go's PopAny
    return { event: { ...event, message: COMBINED + event.message }, key: group };
  };

  const observe = (event: EventObject, key: string): Correlated => {
    const last = seen.get(key);
    if (last === undefined) {
      seen.set(key, { name: event.metadata.name, firstTimestamp: event.firstTimestamp, count: 1 });
      return { kind: 'create', event, key };
    }
    last.count++;
    const { name, firstTimestamp, count } = last;
    return { kind: 'count', event: { ...event, metadata: { ...event.metadata, name }, firstTimestamp, count }, key };
  };

  const isSpam = (event: EventObject, nowMs: number): boolean => {
    const key = spamKey(event);
    const bucket = buckets.get(key) ?? { tokens: SPAM_BURST, atMs: nowMs };
    bucket.tokens = Math.min(SPAM_BURST, bucket.tokens + Math.max(0, nowMs - bucket.atMs) / SPAM_REFILL_MS);
    bucket.atMs = nowMs;
    buckets.set(key, bucket);
    if (bucket.tokens < 1) return true;
    bucket.tokens--;
    return false;
  };

  return {
    correlate(event, nowMs) {
      const aggregated = aggregate(event, nowMs);
      const correlated = observe(aggregated.event, aggregated.key);
      return isSpam(event, nowMs) ? { kind: 'skip' } : correlated;
    },
  };
}

function spamKey({ source, involvedObject: about }: EventObject): string {
  const { component, host = '' } = source;
  return [component, host, about.kind, about.namespace, about.name, about.uid, about.apiVersion].join('\n');
}

function groupKey(event: EventObject): string {
  return [spamKey(event), event.type, event.reason, event.reportingComponent, event.reportingInstance].join('\n');
}
