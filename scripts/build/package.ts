import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Bundle, bundle, OLDEST_NODE } from './bundle.ts';
import { licenceTexts } from './licences.ts';

/** What is in the package besides what its code asks for. */
const BESIDES = ['LICENSE', 'deploy'];
const BIN = 'packages/cli/bin';
const EXECUTABLE = 0o755;

/** Where a package is made from, and where it is made. */
export type PackageOptions = {
  /** The repository. */
  readonly root: string;
  /** Emptied, then filled. */
  readonly folder: string;
  /** The folder of the built ytt. */
  readonly ytt: string;
};

/**
 * Makes the folder of the npm package `carto`: bundle, programs, and the files that they ask for. Two runs on the same
 * sources make the same files. Resolves with what is bundled.
 */
export async function makePackage({ root, folder, ytt }: PackageOptions): Promise<Bundle> {
  await rm(folder, { recursive: true, force: true });
  const bundled = await bundle(root, folder);
  // What is built is not in the repository.
  const sources: Readonly<Record<string, string>> = { 'packages/ytt/built': ytt };
  for (const path of [...BESIDES, ...bundled.wanted]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(sources[path] ?? join(root, path), join(folder, path), { recursive: true });
  }
  await cp(join(root, BIN), join(folder, 'bin'), { recursive: true });
  const programs = await readdir(join(folder, 'bin'));
  for (const program of programs) await chmod(join(folder, 'bin', program), EXECUTABLE);
  await writeFile(join(folder, 'THIRD-PARTY-LICENSES.md'), licenceTexts(bundled.modules));
  await cp(join(root, 'docs/cli-install.md'), join(folder, 'README.md'));
  await writeFile(join(folder, 'package.json'), await manifest(root, programs));
  return bundled;
}

async function manifest(root: string, programs: readonly string[]): Promise<string> {
  const { description, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const { version } = JSON.parse(await readFile(join(root, 'packages/cli/package.json'), 'utf8'));
  const bin = Object.fromEntries(programs.toSorted().map((file) => [file.replace(/\.cjs$/, ''), `bin/${file}`]));
  const fields = {
    name: 'carto',
    version,
    description,
    license,
    type: 'module',
    bin,
    engines: { node: `>=${OLDEST_NODE}` },
  };
  return `${JSON.stringify(fields, undefined, 2)}\n`;
}
