import type { Buffer } from 'node:buffer';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { createDeadline } from '@cartographer/kube';
import { CartoError, type Clock, messageOf, rfc3339 } from '@cartographer/machinery';
import {
  ArchiveError,
  createRegistryClient,
  type Descriptor,
  type DockerConfig,
  isLoopbackRegistry,
  loginsFor,
  type Manifest,
  type Pulls,
  parseReference,
  type Reference,
  readTar,
  tarEnd,
  tarHeader,
  tarPadding,
} from '@cartographer/oci';
import { parse, rcompare } from 'semver';
import type { ArtifactStore } from '../artifact-store.ts';
import type { Standing } from '../flux/source-object.ts';
import { parseVersionRange } from '../git/fetch/version-range.ts';
import type { OciRepositorySpec } from './oci-repository.ts';
import type { OciOutcome } from './oci-repository-status.ts';

/** Where an observation reads and stores. */
export type ArtifactDeps = {
  readonly artifacts: ArtifactStore;
  readonly urlOf: (artifactPath: string) => string;
  readonly clock: Clock;
  readonly random: () => number;
};

/** Whose artifact, and what is already there. */
export type ArtifactQuestion = {
  readonly spec: OciRepositorySpec;
  readonly logins: readonly DockerConfig[];
  readonly standing: Standing;
  readonly artifactFolder: string;
  /** Whether the standing artifact was made of the layer that is chosen now. */
  readonly isLayerObserved: boolean;
};

/** What is tried again at once; the controller tries again anyway. */
const ATTEMPTS = 2;
const MAX_FILES = 200_000;

/** Looks at a registry and takes the artifact that is asked for, unless it is there. */
export async function observeArtifact(
  deps: ArtifactDeps,
  question: ArtifactQuestion,
  signal: AbortSignal,
): Promise<OciOutcome> {
  const { spec } = question;
  const parsed = parseReference(spec.url.replace(/^oci:\/\//, ''));
  if (parsed.kind === 'refused') return invalid(parsed.message);
  if (parsed.reference.tag !== undefined)
    return invalid(`URL must not contain a tag; remove ':${parsed.reference.tag}'`);
  const host = parsed.reference.registry;
  const client = createRegistryClient({
    clock: deps.clock,
    random: deps.random,
    attempts: ATTEMPTS,
    // It is this user's own machine: whatever they name may be asked.
    destinations: { allowed: [host], plainHttp: spec.insecure || isLoopbackRegistry(host) ? [host] : [] },
  });
  const expire = (): Error =>
    new CartoError('CARTO_REGISTRY', `no answer within ${spec.timeoutMs / 1000}s; raise spec.timeout`);
  const deadline = createDeadline({ clock: deps.clock, limitMs: spec.timeoutMs, parent: signal, expire });
  try {
    const repository = client.repository(parsed.reference, loginsFor(question.logins, parsed.reference));
    return await take(deps, question, { repository, reference: parsed.reference, signal: deadline.signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!deadline.expired && !(error instanceof CartoError)) throw error;
    return failed(
      'OCIArtifactPullFailed',
      `failed to determine artifact digest: ${messageOf(deadline.expired ? expire() : error)}`,
    );
  } finally {
    deadline.end();
    await client.close();
  }
}

type Remote = { readonly repository: Pulls; readonly reference: Reference; readonly signal: AbortSignal };

async function take(deps: ArtifactDeps, question: ArtifactQuestion, remote: Remote): Promise<OciOutcome> {
  const { spec, standing, artifactFolder, isLayerObserved } = question;
  const { repository, signal } = remote;
  const tag = spec.ref.digest === undefined ? await tagOf(spec, remote) : undefined;
  const { digest } = await repository.resolve(spec.ref.digest ?? tag ?? '', signal);
  const revision = tag === undefined ? digest : `${tag}@${digest}`;
  const known = standing.artifact;
  if (known?.revision === revision && isLayerObserved) return { kind: 'stored', artifact: known };

  const { content } = await repository.manifest(digest, signal);
  const layer = content.kind === 'manifest' ? layerOf(content, spec) : undefined;
  if (content.kind !== 'manifest' || layer === undefined) {
    const { mediaType } = spec.layerSelector;
    const which =
      mediaType === undefined
        ? 'no layers found in artifact'
        : `failed to find layer with media type '${mediaType}' in artifact`;
    return failed(
      'OCIArtifactLayerOperationFailed',
      `failed to extract layer contents from artifact: ${which}`,
      revision,
    );
  }
  const path = `${artifactFolder}/${digest}.tar.gz`;
  const stored = await store(deps, { path, layer, isCopy: spec.layerSelector.operation === 'copy', revision }, remote);
  if ('kind' in stored) return stored;
  const isSame = known?.digest === stored.digest && known.revision === revision;
  const lastUpdateTime = isSame ? known.lastUpdateTime : rfc3339(deps.clock.now());
  const metadata = content.annotations === undefined ? {} : { metadata: content.annotations };
  const { digest: archive, sizeBytes: size } = stored;
  return {
    kind: 'stored',
    artifact: { digest: archive, lastUpdateTime, ...metadata, path, revision, size, url: deps.urlOf(path) },
  };
}

/** @throws CartoError when no tag is in the range. */
async function tagOf({ ref }: OciRepositorySpec, { repository, signal }: Remote): Promise<string> {
  if (ref.semver === undefined) return ref.tag ?? 'latest';
  const parsed = parseVersionRange(ref.semver);
  if (parsed.kind === 'invalid')
    throw new CartoError('CARTO_REGISTRY', `semver '${ref.semver}' parse error: ${parsed.message}`);
  const versions = (await repository.tags(signal)).flatMap((tag) => {
    const version = parse(tag.replace(/^v/, ''));
    return version !== null && parsed.range.admits(version) ? [{ tag, version }] : [];
  });
  const [highest] = versions.toSorted((left, right) => rcompare(left.version, right.version));
  if (highest === undefined) throw new CartoError('CARTO_REGISTRY', `no match found for semver: ${ref.semver}`);
  return highest.tag;
}

function layerOf({ layers }: Manifest, { layerSelector: { mediaType } }: OciRepositorySpec): Descriptor | undefined {
  return mediaType === undefined ? layers[0] : layers.find((layer) => layer.mediaType === mediaType);
}

type Order = { readonly path: string; readonly layer: Descriptor; readonly isCopy: boolean; readonly revision: string };

async function store(
  { artifacts }: ArtifactDeps,
  { path, layer, isCopy, revision }: Order,
  { repository, signal }: Remote,
): Promise<{ readonly digest: string; readonly sizeBytes: number } | OciOutcome> {
  const blob = await repository.blob(layer, signal);
  try {
    return isCopy ? await artifacts.copy(path, blob, signal) : await artifacts.write(path, filesOf(blob), signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ArchiveError || (error as NodeJS.ErrnoException).code?.startsWith('Z_') === true) {
      return failed(
        'OCIArtifactLayerOperationFailed',
        `failed to extract layer contents from artifact: ${messageOf(error)}`,
        revision,
      );
    }
    if (error instanceof CartoError && error.code !== 'CARTO_ARTIFACT_STORE') throw error;
    const message = `unable to archive artifact to storage: ${messageOf(error)}`;
    return { kind: 'failed', condition: 'StorageOperationFailed', reason: 'ArchiveOperationFailed', message, revision };
  }
}

/** The files of a layer, packed anew: whoever gets the archive finds nothing else in it, and nothing that leads out of it. */
async function* filesOf(layer: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const plain = pipeline(Readable.from(layer, { objectMode: false }), createGunzip(), () => undefined);
  let files = 0;
  yield tarHeader({ kind: 'folder', path: '.' });
  for await (const item of readTar(plain as AsyncIterable<Buffer>)) {
    files += 1;
    if (files > MAX_FILES) throw new ArchiveError(`it has more than ${MAX_FILES} files`);
    const path = item.path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
    if (path === '' || path === '.') continue;
    if (path.startsWith('/') || path.split('/').includes('..'))
      throw new ArchiveError(`'${path}' leads out of the archive`);
    if (item.kind === 'folder') yield tarHeader({ kind: 'folder', path });
    if (item.kind !== 'file') continue; // links are left out, as in Flux
    yield tarHeader({ kind: 'file', path, executable: (item.mode & 0o100) !== 0, sizeBytes: item.sizeBytes });
    yield* item.content;
    yield tarPadding(item.sizeBytes);
  }
  yield tarEnd();
}

function invalid(message: string): OciOutcome {
  return { kind: 'stalled', reason: 'URLInvalid', message: `URL validation failed for OCI repository: ${message}` };
}

function failed(
  reason: (OciOutcome & { kind: 'failed' })['reason'],
  message: string,
  revision?: string,
): OciOutcome & { kind: 'failed' } {
  return { kind: 'failed', condition: 'FetchFailed', reason, message, ...(revision === undefined ? {} : { revision }) };
}
