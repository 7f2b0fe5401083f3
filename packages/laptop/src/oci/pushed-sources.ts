import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '@cartographer/machinery';
import { createOciLayout, ifThere } from '@cartographer/oci';
import type { PushOptions } from '../image/registry-server.ts';

/** Sources that a developer pushed from a folder: the part of the laptop's registry that can be written to. */
export type PushedSources = PushOptions & {
  /** Tells of each push, by the name of the repository. */
  subscribe(listener: (repository: string) => void): void;
};

const USERNAME = 'carto';
/** `sources/NAMESPACE/NAME`: one for each owner. */
const REPOSITORY = /^sources\/([a-z0-9][a-z0-9.-]*)\/([a-z0-9][a-z0-9.-]*)$/;

/** Opens what was pushed so far, in a folder. The login stays the same over restarts. */
export async function openPushedSources(folder: string): Promise<PushedSources> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const listeners: ((repository: string) => void)[] = [];
  return {
    username: USERNAME,
    password: new Secret(await passwordIn(join(folder, 'password'))),
    layoutOf(repository) {
      const [, namespace, name] = REPOSITORY.exec(repository) ?? [];
      return namespace === undefined || name === undefined
        ? undefined
        : createOciLayout(join(folder, 'repositories', namespace, name));
    },
    onPush: (repository) => listeners.forEach((listener) => listener(repository)),
    subscribe: (listener) => void listeners.push(listener),
  };
}

async function passwordIn(file: string): Promise<string> {
  const known = (await ifThere(readFile(file, 'utf8')))?.trim();
  if (known !== undefined && known !== '') return known;
  const password = randomBytes(24).toString('base64url');
  await writeFile(`${file}.new`, password, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return password;
}
