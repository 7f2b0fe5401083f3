import { rm } from 'node:fs/promises';
import { type Client, WrittenObjects } from '@cartographer/kube';
import { deepEqual, type KubeObject, splitKey } from '@cartographer/machinery';
import { done, type Reconcile } from '@cartographer/runtime';
import type { EventsOf } from '../reasons/laptop-reasons.ts';
import { type BuildRecord, requestKey, retained, writeBuildRecords } from './build-records.ts';
import { type ImageSpec, imageSpec, imageStatus, imageType } from './image.ts';
import type { BuildJob, ImageBuilds } from './image-builds.ts';
import { type ImageOutcome, imageEvents, nextImageStatus } from './image-status.ts';

const FIELD_MANAGER = 'cartographer-laptop';

/** What an Image reconciler reads from and writes to. */
export type ImageDeps = {
  /** The cache of Images. */
  readonly images: { get(key: string): KubeObject | undefined };
  readonly client: Pick<Client, 'apply'>;
  readonly events: EventsOf<'Image'>;
  readonly builds: ImageBuilds;
  /** The name of an image in the registry. */
  readonly imageName: (repository: string, digest: string) => string;
  /** Digests that something still runs; undefined when that is not known yet. */
  readonly digestsInUse: () => ReadonlySet<string> | undefined;
  readonly now: () => number;
};

/**
 * Keeps the image of each Image up to date with its source, and reports it in the words of kpack. Builds run beside
 * the queue, so that a change is seen while one runs, and cancels it. Level-based: what was built is read from disk.
 */
export function createImageReconciler(deps: ImageDeps): Reconcile {
  const written = new WrittenObjects();

  return async (key, { signal, log }) => {
    const object = written.newest(key, deps.images.get(key));
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      written.forget(key);
      await forget(deps, key);
      return done;
    }
    const records = await deps.builds.records(key);
    const read = imageSpec(object);
    const outcome = read.kind === 'spec' ? await decideAndAct(deps, key, read.spec, records) : read;
    const reported = await report(deps, object, outcome, signal);
    written.note(key, object, reported);
    if (read.kind === 'spec' && deps.builds.job(key) === undefined) await collect(deps, key, reported, read.spec);
    log.debug({ outcome: outcome.kind }, 'image reconciled');
    return done;
  };
}

/** What to do about an image. */
type Decision =
  | { readonly kind: 'nothing'; readonly build: BuildRecord }
  | { readonly kind: 'wait'; readonly job: BuildJob }
  | { readonly kind: 'start' };

/** Pure: a finished build of these inputs is all that is needed, else a running one, else a new one. */
export function decideBuild(request: string, records: readonly BuildRecord[], job: BuildJob | undefined): Decision {
  const build = records.findLast(({ requests }) => requests.includes(request));
  if (build !== undefined) return { kind: 'nothing', build };
  return job?.request === request ? { kind: 'wait', job } : { kind: 'start' };
}

async function decideAndAct(
  deps: ImageDeps,
  key: string,
  spec: ImageSpec,
  records: readonly BuildRecord[],
): Promise<ImageOutcome> {
  const { builds } = deps;
  const request = requestKey(spec.inputs);
  const usable = await withoutLostImages(deps, key, records, request);
  const decision = decideBuild(request, usable, builds.job(key));
  switch (decision.kind) {
    case 'start':
      builds.start(key, spec);
      return { kind: 'looking' };
    case 'wait': {
      const { trouble, build } = decision.job;
      if (trouble !== undefined) return { kind: 'troubled', message: trouble, build };
      return build === undefined ? { kind: 'looking' } : { kind: 'building', build };
    }
    case 'nothing': {
      const running = builds.job(key);
      if (running !== undefined && running.request !== request) await builds.cancel(key);
      const { build } = decision;
      if (build.result.kind === 'failed') return { kind: 'failed', build, message: build.result.message };
      return { kind: 'built', build, image: deps.imageName(key, build.result.digest) };
    }
  }
}

/** A build whose image somebody has removed from the disk counts for nothing. */
async function withoutLostImages(
  { builds }: ImageDeps,
  key: string,
  records: readonly BuildRecord[],
  request: string,
): Promise<readonly BuildRecord[]> {
  const layout = builds.layout(key);
  const usable: BuildRecord[] = [];
  for (const record of records) {
    const { requests, result } = record;
    const isLost = requests.includes(request) && result.kind === 'built' && !(await layout.isWhole(result.digest));
    if (!isLost) usable.push(record);
  }
  return usable;
}

/** Writes the status, if it says anything new, and records the event. Answers with the object as it is then. */
async function report(
  deps: ImageDeps,
  object: KubeObject,
  outcome: ImageOutcome,
  signal: AbortSignal,
): Promise<KubeObject> {
  const status = nextImageStatus(object, outcome, deps.now());
  if (deepEqual(status, object['status'] ?? {})) return object;
  const { apiVersion, kind } = object;
  const { name, namespace } = object.metadata;
  const applied = { apiVersion, kind, metadata: { name, namespace }, status };
  const how = { fieldManager: FIELD_MANAGER, force: true, subresource: 'status', signal };
  const result = await deps.client.apply(imageType, applied, how);
  for (const { type, reason, message } of imageEvents(object, outcome))
    deps.events.event(object, type, reason, message);
  return result;
}

/** Removes old builds, but no image that something still runs. */
async function collect(deps: ImageDeps, key: string, object: KubeObject, spec: ImageSpec): Promise<void> {
  const inUse = deps.digestsInUse();
  if (inUse === undefined) return;
  const records = await deps.builds.records(key);
  const [, current] = imageStatus(object).latestImage?.split('@') ?? [];
  const used = new Set([...inUse, ...(current === undefined ? [] : [current])]);
  const kept = retained(records, { builds: spec.keepBuilds, failures: spec.keepFailures }, used);
  if (kept.length < records.length) await keepOnly(deps, key, records, kept);
}

/** Removes what was built for an Image that is gone, as far as nothing runs it any more. */
async function forget(deps: ImageDeps, key: string): Promise<void> {
  await deps.builds.cancel(key);
  const inUse = deps.digestsInUse();
  if (inUse === undefined) return;
  const records = await deps.builds.records(key);
  const kept = records.filter(({ result }) => result.kind === 'built' && inUse.has(result.digest));
  if (kept.length === 0) await rm(deps.builds.places(key).folder, { recursive: true, force: true });
  else if (kept.length < records.length) await keepOnly(deps, key, records, kept);
}

async function keepOnly(
  { builds }: ImageDeps,
  key: string,
  records: readonly BuildRecord[],
  kept: readonly BuildRecord[],
): Promise<void> {
  // The record goes first: one without its image would be believed, an image without its record is only garbage.
  await writeBuildRecords(builds.places(key).recordsFile, kept);
  const digests = kept.flatMap(({ result }) => (result.kind === 'built' ? [result.digest] : []));
  await builds.layout(key).keepOnly(new Set(digests));
  const logs = new Set(kept.map(({ logFile }) => logFile));
  for (const { logFile } of records) {
    if (!logs.has(logFile)) await Promise.all([logFile, `${logFile}.1`].map((file) => rm(file, { force: true })));
  }
}

/** The namespace and name of a repository, which are those of its Image. */
export function repositoryOf(key: string): string {
  const { namespace = 'default', name } = splitKey(key);
  return `${namespace}/${name}`;
}
