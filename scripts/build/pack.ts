import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Packs the folder of a package as `npm install` takes it; resolves with the file, which is put into `destination`. */
export async function pack(folder: string, destination: string): Promise<string> {
  const { stdout } = await run('npm', [
    'pack',
    '--json',
    '--ignore-scripts',
    '--pack-destination',
    destination,
    folder,
  ]);
  const [packed] = JSON.parse(stdout) as readonly { readonly filename: string }[];
  if (packed === undefined) throw new Error(`npm pack made nothing of ${folder}`);
  return join(destination, packed.filename);
}
