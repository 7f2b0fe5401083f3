import { appendFile, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createDeadline } from '@cartographer/kube';
import { allEnded, CartoError, type Clock, createRetryBackoff, type Log, messageOf } from '@cartographer/machinery';
import { createOciLayout, type OciLayout } from '@cartographer/oci';
import { diskTrouble } from '../disk-trouble.ts';
import type { Keeper } from '../keeper/keeper.ts';
import type { Environment } from '../program-environment.ts';
import { buildImage } from './build-image.ts';
import {
  type BuildRecord,
  buildReason,
  configKey,
  inputsKey,
  readBuildRecords,
  requestKey,
  withRequest,
  writeBuildRecords,
} from './build-records.ts';
import { fetchSource } from './fetch-source.ts';
import type { ImageSpec } from './image.ts';
import { createSlots } from './slots.ts';

/** Where things of one image are. */
type ImagePlaces = {
  readonly folder: string;
  readonly layoutFolder: string;
  readonly recordsFile: string;
  readonly logsFolder: string;
};

/** A build that has not ended. */
export type BuildJob = {
  readonly request: string;
  /** Set once the source is there and a build turns out to be needed. */
  readonly build?: Pick<BuildRecord, 'number' | 'name' | 'reason' | 'logFile'>;
  /** Why the last try failed; it is tried again. */
  readonly trouble?: string;
};

/** Runs the builds of images, one at a time for each, and a few at a time for all. */
export interface ImageBuilds {
  readonly places: (key: string) => ImagePlaces;
  readonly layout: (key: string) => OciLayout;
  records(key: string): Promise<readonly BuildRecord[]>;
  job(key: string): BuildJob | undefined;
  /** Starts a build, and cancels one of other inputs. */
  start(key: string, spec: ImageSpec): void;
  /** Cancels the build of a key and waits until nothing of it is left. */
  cancel(key: string): Promise<void>;
  /** Cancels everything. */
  close(): Promise<void>;
}

/** What {@link createImageBuilds} needs. */
export type ImageBuildsOptions = {
  /** Everything is kept below it. */
  readonly folder: string;
  readonly keeper: Keeper;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when the job of a key has got further or has ended. */
  readonly onChange: (key: string) => void;
};

type Job = { state: BuildJob; readonly abort: AbortController; readonly ended: Promise<void> };

const MAX_PARALLEL = 2;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/** Makes the builds; whatever an earlier run left unfinished is cleaned up. */
export async function createImageBuilds(options: ImageBuildsOptions): Promise<ImageBuilds> {
  const { folder, clock, log, onChange } = options;
  const workRoot = join(folder, 'work');
  await rm(workRoot, { recursive: true, force: true });
  await mkdir(workRoot, { recursive: true, mode: 0o700 });
  const jobs = new Map<string, Job>();
  const slots = createSlots(MAX_PARALLEL);
  let count = 0;

  const places = (key: string): ImagePlaces => {
    const own = join(folder, 'images', ...key.split('/'));
    return {
      folder: own,
      layoutFolder: join(own, 'layout'),
      recordsFile: join(own, 'builds.json'),
      logsFolder: join(own, 'logs'),
    };
  };

  async function run(key: string, spec: ImageSpec, job: Job, previous: Promise<void> | undefined): Promise<void> {
    const { signal } = job.abort;
    await previous;
    const backoff = createRetryBackoff({ firstMs: FIRST_RETRY_MS, capMs: LAST_RETRY_MS });
    while (!signal.aborted) {
      count += 1;
      const workFolder = join(workRoot, String(count));
      try {
        await mkdir(workFolder, { mode: 0o700 });
        await attempt(key, spec, job, workFolder);
        return;
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ image: key, err: error }, 'build did not get to its end; it is tried again');
        job.state = { ...job.state, trouble: diskTrouble(error, folder) ?? messageOf(error) };
        onChange(key);
      } finally {
        await rm(workFolder, { recursive: true, force: true });
      }
      await clock.sleep(backoff.next(), signal).catch(() => undefined);
    }
  }

  async function attempt(key: string, spec: ImageSpec, job: Job, workFolder: string): Promise<void> {
    const { signal } = job.abort;
    const { recordsFile, logsFolder, layoutFolder } = places(key);
    const { request } = job.state;
    const archive = join(workFolder, 'source.tar.gz');
    const source = await fetchSource(spec.inputs.url, archive, signal);
    const inputs = inputsKey(spec.inputs, source);
    const records = await readBuildRecords(recordsFile);
    const layout = createOciLayout(layoutFolder);
    const same = await findSame(records, inputs, layout);
    if (same !== undefined) return writeBuildRecords(recordsFile, withRequest(records, same, request));

    const number = Math.max(0, ...records.map((record) => record.number)) + 1;
    const about = { source, config: configKey(spec.inputs), trigger: spec.inputs.request };
    const name = `${key.split('/').at(-1) ?? ''}-build-${number}`;
    const logFile = join(logsFolder, `${name}.log`);
    const build = { number, name, reason: buildReason(records.at(-1), about), logFile };
    job.state = { ...job.state, build };
    onChange(key);
    const result = await slots.use(signal, () => buildInTime(spec, { archive, workFolder, logFile, layout }, signal));
    signal.throwIfAborted();
    if (result.kind === 'built') await layout.writeImage(result.image, [spec.tag, `b${number}`]);
    const kept = result.kind === 'built' ? { kind: result.kind, digest: result.image.digest } : result;
    const record: BuildRecord = {
      ...build,
      ...about,
      inputs,
      requests: [request],
      finishedAt: clock.now(),
      result: kept,
    };
    await writeBuildRecords(recordsFile, [...records, record]);
  }

  async function buildInTime(
    spec: ImageSpec,
    {
      archive,
      workFolder,
      logFile,
      layout,
    }: { archive: string; workFolder: string; logFile: string; layout: OciLayout },
    signal: AbortSignal,
  ): Promise<Awaited<ReturnType<typeof buildImage>>> {
    await mkdir(dirname(logFile), { recursive: true, mode: 0o700 });
    await rm(logFile, { force: true });
    const expire = (): Error => new Error('the build took too long');
    const deadline = createDeadline({ clock, limitMs: spec.timeoutMs, parent: signal, expire });
    const order = { inputs: spec.inputs, archive, workFolder, logFile };
    try {
      return await buildImage(order, { ...options, layout }, deadline.signal);
    } catch (error) {
      if (deadline.expired === undefined || signal.aborted) throw error;
      const message = `the build took longer than ${spec.timeoutMs / 1000} s; set spec.build.buildTimeout to more seconds if it needs them`;
      await appendFile(logFile, `ERROR: ${message}\n`);
      return { kind: 'failed', message };
    } finally {
      deadline.end();
    }
  }

  async function cancel(key: string): Promise<void> {
    const job = jobs.get(key);
    job?.abort.abort(new CartoError('CARTO_BUILD_CANCELLED', 'the build is not needed any more'));
    await job?.ended;
  }

  return {
    places,
    layout: (key) => createOciLayout(places(key).layoutFolder),
    records: (key) => readBuildRecords(places(key).recordsFile),
    job: (key) => jobs.get(key)?.state,
    start(key, spec) {
      const previous = jobs.get(key);
      previous?.abort.abort(new CartoError('CARTO_BUILD_CANCELLED', 'the source has changed'));
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      const job: Job = { state: { request: requestKey(spec.inputs) }, abort: new AbortController(), ended };
      jobs.set(key, job);
      void run(key, spec, job, previous?.ended)
        .catch((error: unknown) => log.error({ image: key, err: error }, 'build failed unexpectedly; this is a bug'))
        .finally(() => {
          if (jobs.get(key) === job) jobs.delete(key);
          resolve();
          if (!job.abort.signal.aborted) onChange(key);
        });
    },
    cancel,
    async close() {
      await allEnded([...jobs.keys()].map(cancel));
    },
  };
}

async function findSame(
  records: readonly BuildRecord[],
  inputs: string,
  layout: OciLayout,
): Promise<BuildRecord | undefined> {
  const same = records.findLast((record) => record.inputs === inputs);
  if (same?.result.kind === 'built' && !(await layout.isWhole(same.result.digest))) return undefined;
  return same;
}
