import { randomUUID } from 'node:crypto';
import { readFile, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CartoError, deepEqual, listAt, parseYamlDocuments } from '@cartographer/machinery';

/**
 * Writes the admin's kubeconfig, readable by its owner alone whatever the file was before: a new file takes the place
 * of the old one. A link stays a link, and what is no file, such as a pipe, is written to. A file that leads to this
 * server already keeps what the user changed in it, such as the namespace.
 * @throws CartoError `CARTO_FILE` when it cannot be written.
 */
export async function writeKubeconfig(file: string, text: string): Promise<void> {
  try {
    const target = await targetOf(file);
    const found = await stat(target).catch(() => undefined);
    if (found !== undefined && !found.isFile()) return await writeFile(target, text);
    const known = found === undefined ? undefined : await readFile(target, 'utf8').catch(() => undefined);
    await replace(target, known !== undefined && leadsTo(known, text) ? known : text);
  } catch (cause) {
    const message = `cannot write the kubeconfig ${file}: ${(cause as Error).message}`;
    throw new CartoError('CARTO_FILE', message, { cause, retry: 'never' });
  }
}

/** Where links lead in the end; the last one may lead to what does not exist yet. */
async function targetOf(file: string): Promise<string> {
  const real = await realpath(file).catch(() => undefined);
  if (real !== undefined) return real;
  const link = await readlink(file).catch(() => undefined);
  return link === undefined ? file : resolve(dirname(file), link);
}

async function replace(file: string, text: string): Promise<void> {
  const aside = `${file}.${randomUUID()}.new`;
  try {
    await writeFile(aside, text, { mode: 0o600, flag: 'wx', flush: true });
    await rename(aside, file);
  } finally {
    await rm(aside, { force: true });
  }
}

/** Whether a kubeconfig has the server and the credentials of another one, unchanged. */
function leadsTo(text: string, wanted: string): boolean {
  try {
    const [[known], [own]] = [parseYamlDocuments(text), parseYamlDocuments(wanted)];
    return ['clusters', 'users'].every((field) => {
      const [entry] = listAt(own, field);
      return listAt(known, field).some((one) => deepEqual(one, entry));
    });
  } catch {
    return false; // no YAML: not ours
  }
}
