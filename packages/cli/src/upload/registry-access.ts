import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CartoError, type Clock, messageOf, Secret } from '@cartographer/machinery';
import {
  createRegistryClient,
  isLoopbackRegistry,
  loginsFor,
  parseReference,
  type Reference,
  type RegistryLogin,
  type RegistryToken,
  type Repository,
  readDockerConfig,
} from '@cartographer/oci';

/** How a registry is spoken to; docker's own logins are used where neither a username nor a token is given. */
export type RegistryAccess = {
  readonly username?: string;
  readonly password?: string;
  /** Sent as it is, as a bearer token. */
  readonly token?: string;
  /** Files of certificates in PEM that are trusted besides those of the system. */
  readonly caFiles?: readonly string[];
  /** Without TLS; registries on this machine always are. */
  readonly plainHttp?: boolean;
  /** The folder of docker's `config.json`; `DOCKER_CONFIG` or `~/.docker` by default. */
  readonly dockerConfig?: string;
};

const DEFAULT_TAG = 'latest';

/**
 * The repository and tag that sources go to.
 * @throws CartoError `CARTO_USAGE` when the text names none.
 */
export function repositoryNamed(text: string): Reference & { readonly tag: string } {
  const parsed = parseReference(text.split('@', 1)[0] ?? '');
  if (parsed.kind === 'refused') throw new CartoError('CARTO_USAGE', `--source-image: ${parsed.message}`);
  const { registry, repository, tag = DEFAULT_TAG } = parsed.reference;
  return { registry, repository, tag };
}

/** Lends a repository, with the logins for it. @throws RegistryError; CartoError when a file of certificates cannot be read. */
export async function withRepository<T>(
  name: Reference,
  { registry, clock }: { readonly registry: RegistryAccess; readonly clock: Clock },
  work: (repository: Repository) => Promise<T>,
): Promise<T> {
  const host = name.registry;
  const isPlain = registry.plainHttp === true || isLoopbackRegistry(host);
  const caPem = await authorities(registry.caFiles ?? []);
  const client = createRegistryClient({
    clock,
    random: Math.random,
    // The user has named it, wherever it is.
    destinations: { allowed: [host], plainHttp: isPlain ? [host] : [] },
    ...(caPem === '' ? {} : { caPem }),
  });
  try {
    return await work(client.repository(name, await logins(registry, name)));
  } finally {
    await client.close();
  }
}

async function logins(
  { username, password = '', token, dockerConfig }: RegistryAccess,
  name: Reference,
): Promise<readonly (RegistryLogin | RegistryToken)[]> {
  if (token !== undefined) return [{ token: new Secret(token) }];
  if (username !== undefined) return [{ username, password: new Secret(password) }];
  const folder = dockerConfig ?? process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker');
  return loginsFor([await readDockerConfig(folder)], name);
}

async function authorities(files: readonly string[]): Promise<string> {
  const texts = files.map((file) =>
    readFile(file, 'utf8').catch((cause: unknown) => {
      const message = `--registry-ca-cert: cannot read ${file}: ${messageOf(cause)}`;
      throw new CartoError('CARTO_USAGE', message, { cause });
    }),
  );
  return (await Promise.all(texts)).join('\n');
}
