import type { Clock, KubeObject, Log } from '@cartographer/machinery';
import { createRetryBackoff, messageOf, orAborted, rfc3339 } from '@cartographer/machinery';
import { ApiError, hasCause, isAlreadyExists, isNotFound } from '../transport/api-error.ts';
import type { Trouble, TroubleLog } from '../transport/trouble.ts';
import { createTroubleLog } from '../transport/trouble.ts';
import type { Client } from './client.ts';
import { EVENTS } from './core-types.ts';
import type { Correlated, EventObject } from './event-correlator.ts';
import { createEventCorrelator } from './event-correlator.ts';

/** Writes events about objects, in the background and in order. */
export interface EventRecorder {
  /** Notes an event; returns at once and never fails. */
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** Resolves when everything noted so far has been written or given up. */
  flush(signal?: AbortSignal): Promise<void>;
  /** Why the last event could not be written. */
  trouble(): Trouble | undefined;
}

/** What {@link createEventRecorder} needs. */
export type EventRecorderOptions = {
  readonly client: Client;
  /** The kind of controller that speaks: `Workload`. */
  readonly component: string;
  readonly host?: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A number in [0, 1), for names and jitter. */
  readonly random?: () => number;
  /** Gives up what is left when it fires. */
  readonly signal?: AbortSignal;
};

const MAX_QUEUED = 1_000;
const MAX_ATTEMPTS = 8;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;
// core/v1 sets no limit but that of a request; a message longer than a condition's may be is no longer read by anyone.
const MAX_MESSAGE_CHARS = 32_768;

/**
 * Makes an {@link EventRecorder}. Events are a courtesy: when the queue is full or the server stays away, they are
 * dropped, with a line in the log: one for a whole burst of too many, one a minute for each reason to refuse them.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { clock, log, signal, random = Math.random } = options;
  const correlator = createEventCorrelator();
  const queue: EventObject[] = [];
  const trouble = createTroubleLog({ clock, log, text: 'event not written' });
  let draining: Promise<void> | undefined;
  let dropped = 0;

  const deliver = async (event: EventObject): Promise<void> => {
    const backoff = createRetryBackoff({ firstMs: FIRST_RETRY_MS, capMs: LONGEST_RETRY_MS, random });
    const correlated = correlator.correlate(event, clock.now());
    if (correlated.kind === 'skip') return;
    for (let attempt = 1; ; attempt++) {
      try {
        await write(options.client, correlated, signal);
        return trouble.worked();
      } catch (error) {
        if (signal?.aborted === true || isFinal(error) || attempt === MAX_ATTEMPTS)
          return giveUp(log, trouble, event, error);
        await clock.sleep(backoff.next(error instanceof ApiError ? error.afterMs : undefined), signal);
      }
    }
  };

  const drain = async (): Promise<void> => {
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      await deliver(event).catch((error: unknown) => giveUp(log, trouble, event, error)); // aborted while it slept
    }
    draining = undefined;
    if (dropped > 0) log.warn({ dropped }, 'events were dropped while too many waited');
    dropped = 0;
  };

  return {
    event(about, type, reason, message) {
      if (queue.length >= MAX_QUEUED) {
        dropped += 1;
        return;
      }
      queue.push(makeEvent(options, random, about, type, reason, message));
      draining ??= drain();
    },
    trouble: trouble.current,
    flush: (signal) => orAborted(draining ?? Promise.resolve(), signal),
  };
}

/** Counting is a patch of the event that is there; if it has expired meanwhile, it is made anew, as client-go does. */
async function write(client: Client, { kind, event }: Exclude<Correlated, { kind: 'skip' }>, signal?: AbortSignal) {
  const { metadata, count, lastTimestamp, message } = event;
  if (kind === 'count') {
    const body = { count, lastTimestamp, message };
    const answer = await client.attempt.patch(EVENTS, metadata, { kind: 'strategic', body, signal });
    if (answer.kind === 'done') return;
    if (!isNotFound(answer.error)) throw answer.error;
  }
  await client.create(EVENTS, event, { signal });
}

/** What the server refused for good is not sent again: it would refuse it again. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { code } = error.status;
  return code < 500 && code !== 429 && code !== 408;
}

function giveUp(log: Log, trouble: TroubleLog, { involvedObject, reason }: EventObject, error: unknown): void {
  const fields = { object: involvedObject.name, reason };
  const isNormal = isAlreadyExists(error) || hasCause(error, 'NamespaceTerminating');
  if (isNormal) log.debug({ ...fields, error: messageOf(error) }, 'event not written');
  else trouble.failed(error, fields);
}

function makeEvent(
  { component, host, clock }: EventRecorderOptions,
  random: () => number,
  about: KubeObject,
  type: EventObject['type'],
  reason: string,
  message: string,
): EventObject {
  const { namespace, name = '', uid, resourceVersion } = about.metadata;
  const now = clock.now();
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${nanoseconds(now, random)}`, namespace: namespace || 'default' },
    involvedObject: { kind: about.kind, namespace, name, uid, apiVersion: about.apiVersion, resourceVersion },
    reason,
    message: message.length > MAX_MESSAGE_CHARS ? `${message.slice(0, MAX_MESSAGE_CHARS)}…`.toWellFormed() : message,
    source: { component, ...(host === undefined ? {} : { host }) },
    firstTimestamp: rfc3339(now),
    lastTimestamp: rfc3339(now),
    count: 1,
    type,
    eventTime: null,
    reportingComponent: component,
    reportingInstance: '',
  };
}

/** client-go names an event after the nanosecond in hexadecimal; below the millisecond, chance does as well. */
function nanoseconds(nowMs: number, random: () => number): string {
  return (BigInt(nowMs) * 1_000_000n + BigInt(Math.floor(random() * 1_000_000))).toString(16);
}
