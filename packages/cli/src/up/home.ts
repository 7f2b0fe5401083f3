import { rmSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isStillRunning, markProcess, type ProcessMark } from '@cartographer/laptop';
import { CartoError } from '@cartographer/machinery';

/** The folder in which a run keeps its things. */
export type Home = {
  readonly dir: string;
  readonly ephemeral: boolean;
  /** Removes the folder when the run was ephemeral. */
  dispose(): Promise<void>;
};

const PREFIX = 'carto-';
/** In a temporary home: which process it is of. */
const MARK = 'ephemeral.json';

/**
 * Opens the data folder, or a temporary one.
 * @throws CartoError `CARTO_DATA_FOLDER` when it cannot be made.
 */
export async function openHome(options: { readonly data: string; readonly ephemeral?: boolean }): Promise<Home> {
  if (options.ephemeral === true) {
    await removeLeftHomes(tmpdir());
    const dir = await mkdtemp(join(tmpdir(), PREFIX));
    await writeFile(join(dir, MARK), JSON.stringify(markProcess(process.pid)), { mode: 0o600 });
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

/**
 * Removes the temporary homes that runs left when they were killed: those that are this user's and whose very process is
 * gone. What has no mark is none of ours.
 */
export async function removeLeftHomes(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(PREFIX)) continue;
    const dir = join(folder, name);
    const found = await lstat(dir).catch(() => undefined);
    if (found?.isDirectory() !== true || found.uid !== process.getuid?.()) continue;
    const mark = markIn(await readFile(join(dir, MARK), 'utf8').catch(() => ''));
    if (mark !== undefined && !isStillRunning(mark))
      await rm(dir, { recursive: true, force: true }).catch(() => undefined);
  }
}

function markIn(text: string): ProcessMark | undefined {
  try {
    const mark = JSON.parse(text) as Partial<ProcessMark> | null;
    return typeof mark?.pid === 'number' && typeof mark.startedAt === 'string' ? (mark as ProcessMark) : undefined;
  } catch {
    return undefined;
  }
}
