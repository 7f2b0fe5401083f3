import type { Buffer } from 'node:buffer';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, type Log, messageOf } from '@cartographer/machinery';
import { isLoopbackHost, MISDIRECTED } from '@cartographer/runtime';
import { type ConcurrencyGate, createConcurrencyGate } from '../concurrency-gate.ts';
import { serveOnLoopback } from '../serve-on-loopback.ts';
import { mayRepeat, openConnection, passOn, tunnel, wasReset } from './pass-on.ts';
import { createRequestTimeouts, type RequestTimeouts } from './request-timeouts.ts';
import type { RequestLimits } from './service.ts';

/** The address of a Service: passes requests on to the revision that answers. */
export interface TrafficFront {
  readonly url: string;
  /** New requests go to this port from now on; without one they wait for a while. */
  route(port: number | undefined, limits?: RequestLimits): void;
  /** Resolves when no request is on its way to a port any more, or after the time. */
  drained(port: number, withinMs: number): Promise<void>;
  close(): Promise<void>;
}

type Target = {
  readonly port: number;
  readonly limits: RequestLimits;
  readonly gate: ConcurrencyGate;
  /** Those that wait at the gate, too. */
  inFlight: number;
  onIdle?: () => void;
};

/** A connection to an app, or why there is none. */
type Established =
  | { readonly kind: 'connected'; readonly target: Target; readonly app: Socket }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string };

/** How long a request waits for an app that is just starting, as Knative's activator lets it. */
const HOLD_MS = 10_000;
const MAX_WAITING = 200;
const MAX_CONNECTIONS = 1000;
const MAX_ATTEMPTS = 5;
const RETRY_MS = 50;
/** What Knative's own proxy says. */
const FULL = 'pending request queue full';
/** Those of a revision that says nothing. */
const DEFAULT_LIMITS: RequestLimits = { timeoutMs: 300_000, concurrency: 0 };
const SENT = 'the request had been sent and is not sent again, because the app may have acted on it';

/** Starts the front on loopback, on the port that it had the last time. */
export async function startTrafficFront(options: {
  readonly portFile: string;
  /** The Service, for messages. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /** 1,000 unless a test wants fewer. */
  readonly maxConnections?: number;
}): Promise<TrafficFront> {
  const { portFile, name, clock, log } = options;
  const targets = new Map<number, Target>();
  const waiting = new Set<() => void>();
  let current: Target | undefined;

  function nextTarget(): Promise<Target | undefined> {
    if (current !== undefined || waiting.size >= MAX_WAITING) return Promise.resolve(current);
    return new Promise((resolve) => {
      const wake = (): void => {
        waiting.delete(wake);
        cancel();
        resolve(current);
      };
      const cancel = clock.schedule(HOLD_MS, wake);
      waiting.add(wake);
    });
  }

  /** Nothing of a request is sent before there is a connection, so to look for one again does no harm. */
  async function establish(timeouts: RequestTimeouts): Promise<Established> {
    for (let attempt = 1; ; attempt += 1) {
      const target = await nextTarget();
      if (target === undefined)
        return refused(503, `${name} does not run right now; see the conditions of the Service`);
      timeouts.begin(target.limits);
      target.inFlight += 1;
      const how = await target.gate.enter(timeouts.signal);
      if (how !== 'entered') {
        release(target);
        return how === 'full' ? refused(503, FULL) : timedOut(timeouts);
      }
      try {
        return { kind: 'connected', target, app: await openConnection(target.port) };
      } catch (error) {
        leave(target);
        if (attempt === MAX_ATTEMPTS)
          return refused(502, `${name} cannot be reached, and the request was not sent: ${messageOf(error)}`);
      }
      await clock.sleep(RETRY_MS);
    }
  }

  function timedOut({ passed = 'time' }: RequestTimeouts): Established & { kind: 'refused' } {
    return refused(504, `request timeout: ${name} took longer than its ${passed}`);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isLoopbackHost(request.headers.host)) return refuse(response, 421, MISDIRECTED);
    const timeouts = createRequestTimeouts(clock);
    response.once('close', timeouts.end);
    for (let isLast = !mayRepeat(request); ; isLast = true) {
      const found = await establish(timeouts);
      if (found.kind === 'refused') return refuse(response, found.status, found.reason);
      const error = await passOn(found.app, request, response, timeouts).finally(() => leave(found.target));
      if (error === undefined) return;
      if (timeouts.passed !== undefined) return refuse(response, 504, timedOut(timeouts).reason);
      if (isLast || !wasReset(error)) return refuse(response, 502, `${name} did not answer: ${error.message}; ${SENT}`);
    }
  }

  async function upgrade(request: IncomingMessage, caller: Duplex, head: Buffer): Promise<void> {
    const timeouts = createRequestTimeouts(clock);
    caller.once('close', timeouts.end);
    const found = isLoopbackHost(request.headers.host) ? await establish(timeouts) : refused(421, MISDIRECTED);
    if (found.kind === 'refused') {
      caller.end(`HTTP/1.1 ${found.status} ${STATUS_CODES[found.status]}\r\nconnection: close\r\n\r\n`);
      return;
    }
    try {
      if (timeouts.signal.aborted) return [found.app, caller].forEach((socket) => socket.destroy());
      await tunnel(found.app, request, { caller, head, timeouts });
    } finally {
      leave(found.target);
    }
  }

  const { port, close } = await serveOnLoopback({
    what: `the address of Service ${name}`,
    portFile,
    log,
    maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
    answer: handle,
    upgrade,
  });

  return {
    url: `http://127.0.0.1:${port}`,
    route(to, limits = DEFAULT_LIMITS) {
      if (current?.port === to) return;
      if (to === undefined && current !== undefined) targets.delete(current.port); // the app is gone
      current = to === undefined ? undefined : (targets.get(to) ?? targetOf(to, limits));
      if (current === undefined) return;
      targets.set(current.port, current);
      for (const wake of waiting) wake();
    },
    async drained(of, withinMs) {
      const target = targets.get(of);
      if (target === undefined) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      target.onIdle = resolve;
      const cancel = clock.schedule(withinMs, resolve);
      if (target.inFlight > 0) await promise;
      cancel();
      if (current !== target) targets.delete(of);
    },
    close() {
      for (const wake of waiting) wake();
      return close();
    },
  };
}

function targetOf(port: number, limits: RequestLimits): Target {
  return { port, limits, gate: createConcurrencyGate(limits.concurrency, MAX_WAITING), inFlight: 0 };
}

function leave(target: Target): void {
  target.gate.leave();
  release(target);
}

function release(target: Target): void {
  target.inFlight -= 1;
  if (target.inFlight === 0) target.onIdle?.();
}

function refused(status: number, reason: string): Established & { kind: 'refused' } {
  return { kind: 'refused', status, reason };
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${reason}\n`);
}
