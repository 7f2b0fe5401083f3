import { rmSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CartoError } from '@cartographer/machinery';

/** The folder in which a run keeps its things. */
export type Home = {
  readonly dir: string;
  readonly ephemeral: boolean;
  /** Removes the folder when the run was ephemeral. */
  dispose(): Promise<void>;
};

/**
 * Opens the data folder, or a temporary one.
 * @throws CartoError `CARTO_DATA_FOLDER` when it cannot be made.
 */
export async function openHome(options: { readonly data: string; readonly ephemeral?: boolean }): Promise<Home> {
  if (options.ephemeral === true) {
    const dir = await mkdtemp(join(tmpdir(), 'carto-'));
    const remove = (): void => rmSync(dir, { recursive: true, force: true });
    // A second Ctrl-C ends the process before its parts are disposed of.
    process.once('exit', remove);
    return { dir, ephemeral: true, dispose: async () => remove() };
  }
  const dir = resolve(options.data);
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new CartoError(
      'CARTO_DATA_FOLDER',
      `cannot use the data folder ${dir}: ${(cause as Error).message}; choose another with --data`,
      { cause, retry: 'never' },
    );
  }
  return { dir, ephemeral: false, dispose: async () => undefined };
}
