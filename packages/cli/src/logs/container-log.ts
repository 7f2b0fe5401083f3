import { createDeadline, errorOf, getIfThere, PODS, resourcePath, TransportError } from '@cartographer/kube';
import { createRetryBackoff, type KubeObject } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import type { LogLine } from './log-line.ts';
import { isPassing } from './passing-trouble.ts';
import { type ContainerStart, containerStarts } from './pod-containers.ts';
import { createSeenLines, type SeenLines } from './seen-lines.ts';
import { createLineSplitter } from './split-lines.ts';

/** Which log, and how much of it. */
export type ContainerLog = {
  readonly pod: KubeObject;
  readonly start: ContainerStart;
  readonly follow: boolean;
  /** The log of the start before this one. */
  readonly previous: boolean;
  /** Only so many of the last lines; undefined: all. */
  readonly lines: number | undefined;
  /** Only what was written in this time before now. */
  readonly sinceMs: number | undefined;
};

/** What reading a log needs of a session. */
type Reading = Pick<Session, 'client' | 'clock' | 'signal' | 'say'>;
/** How the next stream is asked for. */
type Attempt = { readonly follow: boolean; readonly previous: boolean };

/** A connection that is silent may be dead: the log is asked for again, which shows nothing twice. */
const SILENCE_MS = 120_000;
const RETRY = { firstMs: 250, capMs: 15_000 };
/** So many attempts in a row that gave nothing are worth telling. */
const TELL_AFTER = 3;
/** A log that is not followed is given up after so many. */
const GIVE_UP_AFTER = 6;

/**
 * The lines of one start of a container: as far as they go, or followed to its end. A stream that is cut is begun again where
 * it was, so no line is lost or shown twice. Ends quietly with the session's signal.
 * @throws ApiError when the server refuses the log, TransportError when a log that is not followed cannot be had.
 */
export async function* containerLog(session: Reading, log: ContainerLog): AsyncGenerator<LogLine, void, undefined> {
  const { clock, signal } = session;
  const seen = createSeenLines({ limited: log.lines !== undefined });
  const backoff = createRetryBackoff({ ...RETRY, random: Math.random });
  const beganMs = clock.monotonicMs();
  let failures = 0;
  for (let attempt: Attempt | undefined = log; attempt !== undefined; attempt = await next(session, log)) {
    try {
      for await (const line of oneStream(session, log, { ...attempt, seen, beganMs })) {
        failures = 0;
        backoff.reset();
        yield line;
      }
      if (signal.aborted || !attempt.follow) return;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (!isPassing(error) || (!log.follow && failures >= GIVE_UP_AFTER)) throw error;
      if (failures === TELL_AFTER) session.say(`${error.message}; trying again until it works`);
    }
    await clock.sleep(backoff.next(), signal).catch(() => undefined);
  }
}

/**
 * How to go on after a stream ended: a server also ends the stream of a container that runs on, and after the end of the
 * container its last lines may still be missing. Undefined when nothing is left to be read.
 */
async function next(session: Reading, { pod, start, follow, previous }: ContainerLog): Promise<Attempt | undefined> {
  const { client, signal } = session;
  if (signal.aborted) return undefined;
  const { namespace = '', name = '', uid } = pod.metadata;
  const now = await getIfThere(client, PODS, { namespace, name }, { signal }).catch((error: unknown) => {
    if (isPassing(error)) return pod;
    throw error;
  });
  if (now === undefined || now.metadata.uid !== uid) return undefined;
  const current = containerStarts(now).find(({ container }) => container === start.container) ?? start;
  const later = current.restarts - start.restarts;
  if (later === 0) return { follow: follow && current.state === 'running', previous };
  return later === 1 && !previous ? { follow: false, previous: true } : undefined;
}

type Stream = Attempt & { readonly seen: SeenLines; readonly beganMs: number };

async function* oneStream(
  { client, clock, signal }: Reading,
  log: ContainerLog,
  stream: Stream,
): AsyncGenerator<LogLine, void, undefined> {
  const { namespace = '', name = '' } = log.pod.metadata;
  const deadline = createDeadline({ clock, limitMs: SILENCE_MS, parent: signal, expire: () => silent(name) });
  try {
    const path = resourcePath(PODS, { namespace, name }, 'log');
    const query = queryFor(log, stream, clock.monotonicMs());
    const answer = await client.raw({ method: 'GET', path, query, stream: true, signal: deadline.signal });
    if (answer.status !== 200) throw errorOf(answer);
    const splitter = createLineSplitter();
    const { body } = answer;
    for await (const chunk of answer.chunks ?? (body instanceof Uint8Array ? [body] : [])) {
      deadline.touch();
      for (const line of splitter.push(chunk)) yield* fresh(line, stream.seen);
    }
    // The end of a followed stream may be a cut in the middle of a line: it comes once more, whole.
    const rest = stream.follow ? undefined : splitter.rest();
    if (rest !== undefined) yield* fresh(rest, stream.seen);
  } catch (error) {
    if (deadline.expired === undefined) throw error;
  } finally {
    deadline.end();
  }
}

function silent(pod: string): TransportError {
  return new TransportError('CARTO_TIMEOUT', `the log of pod ${pod} was silent`);
}

function queryFor({ start, lines, sinceMs }: ContainerLog, stream: Stream, nowMs: number): Record<string, string> {
  const from = stream.seen.again();
  const spanMs = sinceMs === undefined ? undefined : sinceMs + nowMs - stream.beganMs;
  return {
    container: start.container,
    timestamps: 'true',
    ...(stream.follow ? { follow: 'true' } : {}),
    ...(stream.previous ? { previous: 'true' } : {}),
    ...(from === undefined ? {} : { sinceTime: from }),
    ...(from === undefined && lines !== undefined ? { tailLines: String(lines) } : {}),
    ...(from === undefined && spanMs !== undefined
      ? { sinceSeconds: String(Math.max(1, Math.ceil(spanMs / 1000))) }
      : {}),
  };
}

/** The time that a server puts before each line; what comes without one is the kubelet's own word. */
const STAMPED = /^(\d{4}-\d\d-\d\dT\S+) ?([^]*)$/;

function* fresh(line: string, seen: SeenLines): Generator<LogLine, void, undefined> {
  const [, time, text] = STAMPED.exec(line) ?? [];
  if (time === undefined) yield { text: line };
  else if (seen.take(time)) yield { time, text: text ?? '' };
}
