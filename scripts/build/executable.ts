import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { otherNode } from './other-node.ts';

/** The Node that is in the executable: the oldest line that makes executables by itself. */
const NODE = '26.10.0';
const EXECUTABLE = 0o755;
const run = promisify(execFile);

/**
 * Makes one executable of the folder of a package, Node included (Node's single executable applications).
 *
 * @throws Error on other systems than Linux on x64, and where that Node cannot be had.
 */
export async function makeExecutable(root: string, folder: string, output: string): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`an executable is made on Linux on x64 only, and this is ${process.platform} on ${process.arch}`);
  }
  const node = await otherNode(NODE);
  const work = await mkdtemp(join(tmpdir(), 'carto-executable-'));
  try {
    const files = await filesOf(folder);
    const index = join(work, 'index.json');
    await writeFile(
      index,
      JSON.stringify({ digest: digestOf(files), files: files.map(({ name, mode }) => ({ name, mode })) }),
    );
    const config = join(work, 'config.json');
    const fields = {
      main: join(root, 'packages/cli/executable/launch.cjs'),
      output,
      disableExperimentalSEAWarning: true,
      execArgvExtension: 'none',
      assets: { index, ...Object.fromEntries(files.map(({ name, file }) => [name, file])) },
    };
    await writeFile(config, JSON.stringify(fields));
    await run(node, ['--build-sea', config]);
    await chmod(output, EXECUTABLE);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

type PackagedFile = { readonly name: string; readonly file: string; readonly mode: number; readonly bytes: Buffer };

async function filesOf(folder: string): Promise<readonly PackagedFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(
    files.toSorted().map(async (file) => ({
      name: relative(folder, file),
      file,
      mode: (await stat(file)).mode % 0o1000,
      bytes: await readFile(file),
    })),
  );
}

/** Names what is unpacked: another content is another folder. */
function digestOf(files: readonly PackagedFile[]): string {
  const hash = createHash('sha256');
  for (const { name, mode, bytes } of files) hash.update(`${name}\0${mode}\0${bytes.length}\0`).update(bytes);
  return hash.digest('hex').slice(0, 16);
}
