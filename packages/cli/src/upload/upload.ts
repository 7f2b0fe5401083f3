import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@cartographer/machinery';
import {
  type Compressed,
  fluxArtifact,
  formatReference,
  mediaTypes,
  type Reference,
  RegistryError,
  type Repository,
} from '@cartographer/oci';
import { openSource } from './open-source.ts';
import { packFiles } from './pack-files.ts';
import { type RegistryAccess, repositoryNamed, withRepository } from './registry-access.ts';
import { type Selection, selectFiles } from './select-files.ts';

/** What {@link uploadSource} needs. */
export type UploadOptions = {
  /** A folder, or a zip, jar or war archive. */
  readonly path: string;
  /** `HOST/REPOSITORY[:TAG]`; a digest behind it does not count, and the tag is `latest` unless it has one. */
  readonly repository: string;
  readonly registry: RegistryAccess;
  /** The digest of the artifact that the tag is known to have: for the same content nobody is asked. */
  readonly known?: string;
  /** Tells of progress, a line each time. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
};

/** Sources in a registry. */
export type Uploaded = {
  /** `HOST/REPOSITORY:TAG@sha256:…`, for `spec.source.image`. */
  readonly reference: string;
  /** The same without the digest: what whoever follows the tag is given. */
  readonly tagged: string;
  readonly digest: string;
  /** False when the tag had this very content already. */
  readonly uploaded: boolean;
  readonly files: number;
  /** Of the archive, packed. */
  readonly bytes: number;
};

/** Uploads above this size tell how far they are. */
const LARGE_BYTES = 1024 * 1024;
const TOLD_PARTS = 10;
const NAMED_LEFT_OUT = 3;

/**
 * Packs sources and pushes them to a registry as an artifact that Flux's `OCIRepository` takes. Equal content is an equal
 * artifact, and nothing is uploaded when the tag has it.
 *
 * @throws CartoError `CARTO_LOCAL_SOURCE` with the file and the reason when something cannot be packed, `CARTO_USAGE` when the
 * repository is no name; RegistryError when the registry does not take it.
 */
export async function uploadSource(options: UploadOptions): Promise<Uploaded> {
  const { path, signal, say } = options;
  const target = repositoryNamed(options.repository);
  const folder = await mkdtemp(join(tmpdir(), 'carto-source-'));
  try {
    await using tree = await openSource(path);
    const selection = await selectFiles(tree, signal);
    tellLeftOut(selection, say);
    const archive = join(folder, 'source.tar.gz');
    const packed = await packFiles(tree, selection.files, { target: archive, signal });
    return await publish({ ...options, target, archive, packed, files: selection.files.length });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Publication = UploadOptions & {
  readonly target: Reference;
  readonly archive: string;
  readonly packed: Compressed;
  readonly files: number;
};

async function publish(publication: Publication): Promise<Uploaded> {
  const { target, packed, files, say } = publication;
  const artifact = fluxArtifact(packed);
  const { digest } = artifact;
  const tagged = formatReference(target);
  const outcome = { reference: `${tagged}@${digest}`, tagged, digest, files, bytes: packed.sizeBytes };
  if (digest === publication.known) return { ...outcome, uploaded: false };
  const uploaded = await withRepository(target, publication, async (repository) => {
    if ((await digestOfTag(repository, target.tag ?? '', publication.signal)) === digest) return false;
    say(`publishing ${counted(files)}, ${sizeText(packed.sizeBytes)}, to ${tagged}`);
    await push(repository, artifact, publication);
    return true;
  });
  const said = uploaded ? 'published' : 'unchanged:';
  say(`${said} ${outcome.reference}`);
  return { ...outcome, uploaded };
}

async function push(
  repository: Repository,
  { config, layer, manifest }: ReturnType<typeof fluxArtifact>,
  { archive, target, signal, say }: Publication,
): Promise<void> {
  await repository.push.blob(config.descriptor, config.bytes, signal);
  await repository.push.blob(layer, () => told(createReadStream(archive), layer.size, say), signal);
  await repository.push.manifest({ mediaType: mediaTypes.manifest, bytes: manifest, tag: target.tag }, signal);
}

/** What the tag stands for; undefined when there is none, or when it may be written to and not be read. */
async function digestOfTag(repository: Repository, tag: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await repository.resolve(tag, signal)).digest;
  } catch (error) {
    if (error instanceof RegistryError && ['NotFound', 'Unauthorized', 'Forbidden'].includes(error.reason))
      return undefined;
    throw error;
  }
}

/** Passes bytes on and tells how far it is, each tenth; of a small upload nothing. */
async function* told(bytes: AsyncIterable<Buffer>, total: number, say: UploadOptions['say']): AsyncGenerator<Buffer> {
  let sent = 0;
  let tenth = 0;
  for await (const chunk of bytes) {
    yield chunk;
    sent += chunk.length;
    const now = Math.floor((sent / total) * TOLD_PARTS);
    if (total >= LARGE_BYTES && now > tenth && now < TOLD_PARTS) {
      say(`  ${sizeText(sent)} of ${sizeText(total)}, ${now * (100 / TOLD_PARTS)} %`);
    }
    tenth = now;
  }
}

function tellLeftOut({ leftOut }: Selection, say: UploadOptions['say']): void {
  if (leftOut.length === 0) return;
  const named = leftOut.slice(0, NAMED_LEFT_OUT).join(', ');
  const more = leftOut.length > NAMED_LEFT_OUT ? ` and ${leftOut.length - NAMED_LEFT_OUT} more` : '';
  say(`left out, as they are symbolic links or no files: ${named}${more}`);
}

function counted(files: number): string {
  return files === 1 ? '1 file' : `${files} files`;
}

/** `812 B`, `3.4 kB`, `12 MB`. */
function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const [value, unit] = bytes < 1_000_000 ? [bytes / 1_000, 'kB'] : [bytes / 1_000_000, 'MB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
