import { mkdir, rm } from 'node:fs/promises';
import { allEnded, CartoError, createRetryBackoff, type Log, messageOf } from '@cartographer/machinery';
import { diskTrouble } from '../../disk-trouble.ts';
import { createSlots } from '../../image/slots.ts';
import { type RunPlaces, runPlaces } from './run-places.ts';
import { type RunRecord, readRunRecord } from './run-record.ts';
import { type RunOrder, type RunTools, runSteps } from './run-steps.ts';

/** How far a try of a run has got. */
export type Progress =
  /** Nothing of it was ever started. */
  | { readonly kind: 'none' }
  /** A later try of it was started: whoever asks has an old version of the object. */
  | { readonly kind: 'outdated' }
  /** It waits for others to end, or for the disk. */
  | { readonly kind: 'waiting'; readonly startedMs: number; readonly trouble?: string }
  | { readonly kind: 'running'; readonly startedMs: number; readonly record: RunRecord }
  | { readonly kind: 'ended'; readonly record: RunRecord }
  /** A step was started, and what ran it has ended since: whether it was done is not known. */
  | { readonly kind: 'interrupted'; readonly record?: RunRecord };

/** A try: the object by its uid, and the number of the try. */
type Try = { readonly uid: string; readonly attempt: number };

/** Runs the tries of TaskRuns, one at a time for each, and a few at a time for all. */
export interface TaskRuns {
  places(key: string): RunPlaces;
  /** `hasBegun`: the object says that a step was started, whatever the disk says. */
  progress(key: string, wanted: Try, hasBegun: boolean): Promise<Progress>;
  /** Starts a try of which nothing was started. */
  start(key: string, order: RunOrder): void;
  /** Ends what runs of a key, all of its process groups, and waits until nothing is left. */
  stop(key: string): Promise<void>;
  /** Removes what a run needed to run; its logs stay. */
  tidy(key: string): Promise<void>;
  /** Removes everything of a run, its logs as well. */
  remove(key: string): Promise<void>;
  close(): Promise<void>;
}

/** What {@link createTaskRuns} needs. */
export type TaskRunsOptions = RunTools & {
  /** Everything is kept below it. */
  readonly folder: string;
  readonly log: Log;
  /** Called when a run has got further or has ended. */
  readonly onChange: (key: string) => void;
};

type Job = {
  readonly wanted: Try;
  readonly startedMs: number;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
  record?: RunRecord;
  trouble?: string;
};

const MAX_PARALLEL = 4;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/** Makes the runs. */
export function createTaskRuns(options: TaskRunsOptions): TaskRuns {
  const { folder, clock, log, onChange } = options;
  const jobs = new Map<string, Job>();
  const slots = createSlots(MAX_PARALLEL);
  const places = (key: string): RunPlaces => runPlaces(folder, key);

  async function run(key: string, order: RunOrder, job: Job): Promise<void> {
    const { signal } = job.abort;
    const backoff = createRetryBackoff({ firstMs: FIRST_RETRY_MS, capMs: LAST_RETRY_MS });
    while (!signal.aborted) {
      try {
        await slots.use(signal, async () => {
          await rm(order.places.work, { recursive: true, force: true });
          await mkdir(order.places.work, { recursive: true, mode: 0o700 });
          await runSteps(order, options, signal, (record) => {
            job.record = record;
            onChange(key);
          });
        });
        return;
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ taskRun: key, err: error }, 'a run did not get to its end');
        if (job.record !== undefined) return; // a step may have run: told as interrupted, never started again
        job.trouble = diskTrouble(error, folder) ?? messageOf(error);
        onChange(key);
      }
      await clock.sleep(backoff.next(), signal).catch(() => undefined);
    }
  }

  async function stop(key: string): Promise<void> {
    const job = jobs.get(key);
    job?.abort.abort(new CartoError('CARTO_BUILD_CANCELLED', 'the run is not wanted any more'));
    await job?.ended;
  }

  return {
    places,
    async progress(key, wanted, hasBegun) {
      const job = jobs.get(key);
      if (job !== undefined && isBefore(wanted, job.wanted)) return { kind: 'outdated' };
      if (job !== undefined && isSame(job.wanted, wanted)) {
        const { startedMs, record, trouble } = job;
        if (record === undefined) return { kind: 'waiting', startedMs, ...(trouble === undefined ? {} : { trouble }) };
        return record.end === undefined ? { kind: 'running', startedMs, record } : { kind: 'ended', record };
      }
      const kept = await readRunRecord(places(key).recordFile);
      if (kept === 'broken') return { kind: 'interrupted' };
      if (kept !== undefined && isBefore(wanted, kept)) return { kind: 'outdated' };
      if (kept === undefined || !isSame(kept, wanted)) return hasBegun ? { kind: 'interrupted' } : { kind: 'none' };
      return kept.end === undefined ? { kind: 'interrupted', record: kept } : { kind: 'ended', record: kept };
    },
    start(key, order) {
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      const { uid, attempt } = order;
      const job: Job = { wanted: { uid, attempt }, startedMs: clock.now(), abort: new AbortController(), ended };
      jobs.set(key, job);
      void run(key, order, job)
        .catch((error: unknown) => log.error({ taskRun: key, err: error }, 'a run failed unexpectedly; this is a bug'))
        .finally(() => {
          if (jobs.get(key) === job) jobs.delete(key);
          resolve();
          if (!job.abort.signal.aborted) onChange(key);
        });
    },
    stop,
    async tidy(key) {
      await stop(key);
      await rm(places(key).work, { recursive: true, force: true });
    },
    async remove(key) {
      await stop(key);
      await rm(places(key).folder, { recursive: true, force: true });
    },
    async close() {
      await allEnded([...jobs.keys()].map(stop));
    },
  };
}

function isBefore(one: Try, other: Try): boolean {
  return one.uid === other.uid && one.attempt < other.attempt;
}

function isSame(one: Try, other: Try): boolean {
  return one.uid === other.uid && one.attempt === other.attempt;
}
