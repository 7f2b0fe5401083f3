import { resolve } from 'node:path';
import { isForbidden } from '@cartographer/kube';
import { CartoError, type KubeObject, textAt } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import type { EditFlags, RegistryFlags } from './edit-flags.ts';

/** What {@link uploadedImage} needs to know. */
export type LocalSource = {
  readonly session: Session;
  readonly flags: EditFlags & { readonly localPath: string };
  /** The working directory. */
  readonly cwd: string;
  readonly namespace: string;
  readonly name: string;
  /** What the owner is or is to be: where it has a source image, sources go there again. */
  readonly owners: readonly (KubeObject | undefined)[];
};

/**
 * Uploads the sources of `--local-path` and gives the image that holds them now: to where `--source-image` says, else to the
 * registry of the `carto up` that is the target, else to where the owner's sources are. In a dry run nothing is uploaded, and the
 * image is the one that would be pushed to. Sources that are followed have no digest in their image: their tag moves.
 * @throws CartoError `CARTO_USAGE` when no registry is named; what `uploadSource` throws.
 */
export async function uploadedImage(source: LocalSource): Promise<string> {
  const { session, flags, cwd } = source;
  const { repository, registry } = await destinationOf(source);
  if (flags.dryRun !== undefined) {
    session.say(`note: with --dry-run nothing is uploaded to ${repository}`);
    return repository;
  }
  const { uploadSource } = await import('../upload/upload.ts');
  const { say, signal, clock } = session;
  const path = resolve(cwd, flags.localPath);
  const { reference, tagged } = await uploadSource({ path, repository, registry, say, signal, clock });
  return flags.live === true ? tagged : reference;
}

/** `--live`: pushes each change of the sources that settles to where {@link uploadedImage} did, until Ctrl-C. */
export async function followUpload(source: LocalSource): Promise<void> {
  const { session, flags, cwd } = source;
  const { repository, registry } = await destinationOf(source);
  const { followSource } = await import('../upload/follow-source.ts');
  const { say, signal, clock } = session;
  const path = resolve(cwd, flags.localPath);
  const onWatching = (): void => say(`following ${path}: what you save is pushed; Ctrl-C ends it`);
  await followSource({ path, repository, registry, say, signal, clock, known: '', onWatching });
}

async function destinationOf(source: LocalSource) {
  const { flags, owners } = source;
  const registry = accessOf(flags);
  if (flags.sourceImage !== undefined) return { repository: flags.sourceImage, registry };
  const laptop = await registryOfRun(source);
  if (laptop !== undefined) return laptop;
  const images = owners.map((owner) => textAt(owner, 'spec', 'source', 'image').split('@', 1)[0] ?? '');
  const repository = images.find((image) => image !== '');
  if (repository !== undefined) return { repository, registry };
  throw new CartoError(
    'CARTO_USAGE',
    '--source-image: required with --local-path: the registry and repository to push to',
  );
}

async function registryOfRun({ session, namespace, name }: LocalSource) {
  const { laptopRegistry } = await import('../upload/laptop-registry.ts');
  try {
    return await laptopRegistry(session.client, { namespace, name });
  } catch (error) {
    if (isForbidden(error)) return undefined; // a cluster, where a developer may not read that namespace
    throw error;
  }
}

function accessOf({ registryCaCert, registryUsername, registryPassword, registryToken }: RegistryFlags) {
  return {
    ...(registryUsername === undefined ? {} : { username: registryUsername }),
    ...(registryPassword === undefined ? {} : { password: registryPassword }),
    ...(registryToken === undefined ? {} : { token: registryToken }),
    ...(registryCaCert === undefined ? {} : { caFiles: registryCaCert }),
  };
}
