import { Worker } from 'node:worker_threads';
import { allEnded, CartoError, type Clock, type Log } from '@cartographer/machinery';
import type { RenderRequest, WorkerReply, WorkerStart } from './render-worker.ts';

/** What a render came to; a reply of the worker, or what befell it. */
export type PoolAnswer = Exclude<WorkerReply, { kind: 'ready' }> | { readonly kind: 'killed' };

/** Bounds and ports of a {@link WorkerPool}. */
export type PoolOptions = {
  readonly workers: number;
  readonly maxWaiting: number;
  /** How long one render may take, counted from its start in a worker. */
  readonly deadlineMs: number;
  /** A worker whose memory has grown beyond this is replaced after the render: its memory never shrinks. */
  readonly retireAboveBytes: number;
  readonly start: WorkerStart;
  readonly clock: Clock;
  readonly log: Log;
};

type Job = {
  readonly request: RenderRequest;
  readonly settle: (answer: PoolAnswer) => void;
  readonly fail: (error: unknown) => void;
};

/** A worker at work on a job, at rest (no job), or starting (no job, not `isReady`). */
type Seat = { readonly worker: Worker; isReady: boolean; isEnded: boolean; job?: Job; cancelDeadline: () => void };

const START_DEADLINE_MS = 30_000;
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 16 };

/**
 * Worker threads that render, one template at a time each. Started when there is work for them and kept; whatever ends
 * one (its deadline, its memory, a crash) ends that one render and is forgotten with the worker.
 */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #seats = new Set<Seat>();
  readonly #waiting: Job[] = [];
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Workers that are alive. */
  get workers(): number {
    return this.#seats.size;
  }

  /** Renders that wait for a worker. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Renders as soon as a worker is free. An abort gives up waiting at once; a render that has begun goes on to its end
   * or its deadline, unheard.
   * @throws CartoError `CARTO_YTT_BUSY` when too many wait, `CARTO_YTT_START` when no worker can be started.
   */
  render(request: RenderRequest, signal: AbortSignal): Promise<PoolAnswer> {
    return new Promise<PoolAnswer>((resolve, reject) => {
      signal.throwIfAborted();
      if (this.#isClosed) throw new CartoError('CARTO_YTT_CLOSED', 'ytt has been closed', { retry: 'never' });
      if (this.#waiting.length >= this.#options.maxWaiting) {
        throw new CartoError('CARTO_YTT_BUSY', `${this.#waiting.length} ytt templates wait to be rendered`);
      }
      const onAbort = (): void => {
        const place = this.#waiting.indexOf(job);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(signal.reason as Error);
      };
      const leave = (): void => signal.removeEventListener('abort', onAbort);
      const job: Job = {
        request,
        settle: (answer) => resolve((leave(), answer)),
        fail: (error) => reject((leave(), error as Error)),
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(job);
      this.#seatTheWaiting();
    });
  }

  /** Ends all workers and refuses what waits; resolves when they are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = new CartoError('CARTO_YTT_CLOSED', 'ytt has been closed', { retry: 'never' });
    for (const job of this.#waiting.splice(0)) job.fail(closed);
    const seats = [...this.#seats];
    for (const { job } of seats) job?.fail(closed);
    await allEnded(seats.map((seat) => this.#end(seat)));
  }

  #seatTheWaiting(): void {
    const seats = [...this.#seats];
    for (const seat of seats.filter(({ isReady, job }) => isReady && job === undefined)) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      this.#begin(seat, job);
    }
    const starting = seats.filter(({ isReady }) => !isReady).length;
    const wanted = Math.min(this.#waiting.length - starting, this.#options.workers - this.#seats.size);
    for (let index = 0; index < wanted; index += 1) this.#startWorker();
  }

  #begin(seat: Seat, job: Job): void {
    seat.job = job;
    seat.worker.ref();
    seat.cancelDeadline = this.#options.clock.schedule(this.#options.deadlineMs, () => {
      this.#options.log.warn({ deadlineMs: this.#options.deadlineMs }, 'ytt render killed at its deadline');
      void this.#end(seat);
      job.settle({ kind: 'killed' });
      this.#seatTheWaiting();
    });
    seat.worker.postMessage(job.request); // oxlint-disable-line unicorn/require-post-message-target-origin -- no window
  }

  #startWorker(): void {
    let worker: Worker;
    try {
      worker = newWorker(this.#options.start);
    } catch (error) {
      this.#failToStart(String(error)); // the system gives no more threads
      return;
    }
    const seat: Seat = { worker, isReady: false, isEnded: false, cancelDeadline: () => undefined };
    seat.cancelDeadline = this.#options.clock.schedule(START_DEADLINE_MS, () => this.#lost(seat, 'it did not start'));
    this.#seats.add(seat);
    worker.on('message', (reply: WorkerReply) => this.#heard(seat, reply));
    worker.on('error', (error) => this.#lost(seat, String(error)));
    worker.on('exit', (code) => this.#lost(seat, `it ended with ${code}`));
  }

  #heard(seat: Seat, reply: WorkerReply): void {
    if (seat.isEnded) return;
    seat.cancelDeadline();
    if (reply.kind === 'ready') {
      seat.isReady = true;
      this.#options.log.debug({}, 'ytt worker started');
    } else {
      seat.job?.settle(reply);
      seat.job = undefined;
      const isSpent = reply.kind === 'crashed' || reply.memoryBytes > this.#options.retireAboveBytes;
      if (isSpent) void this.#end(seat);
    }
    seat.worker.unref(); // a pool at rest does not keep the process alive
    this.#seatTheWaiting();
  }

  /** The worker is gone without a word: its own heap was full, or it could not be started. */
  #lost(seat: Seat, how: string): void {
    if (seat.isEnded) return;
    void this.#end(seat);
    this.#options.log.warn({ how }, 'ytt worker lost');
    if (seat.job !== undefined) seat.job.settle({ kind: 'crashed', lastWords: how });
    else if (!seat.isReady) this.#failToStart(how);
    this.#seatTheWaiting();
  }

  /** Without any worker nobody would ever come back to what waits. */
  #failToStart(how: string): void {
    if (this.#seats.size > 0) return;
    const error = new CartoError('CARTO_YTT_START', `no ytt worker could be started: ${how}`);
    for (const job of this.#waiting.splice(0)) job.fail(error);
  }

  async #end(seat: Seat): Promise<void> {
    seat.isEnded = true;
    seat.cancelDeadline();
    this.#seats.delete(seat);
    await seat.worker.terminate();
  }
}

function newWorker(start: WorkerStart): Worker {
  return new Worker(new URL('./render-worker.ts', import.meta.url), {
    workerData: start,
    env: {},
    execArgv: [],
    resourceLimits: RESOURCE_LIMITS,
    name: 'ytt',
  });
}
