import { readCargoLock } from './cargo.ts';
import { readComposerLock } from './composer.ts';
import { readGemfileLock } from './gemfile.ts';
import { readGoMod } from './go-mod.ts';
import type { LockReader } from './lock-file.ts';
import { readGradleLock, readGradleVerification, readPom } from './maven.ts';
import { readNpmLock } from './npm.ts';
import { readNuGetLock } from './nuget.ts';
import { readConanLock, readMixLock, readPubspecLock, readRenvLock } from './other-languages.ts';
import { readPnpmLock } from './pnpm.ts';
import { readPipfileLock, readPylock, readPythonLock } from './python.ts';
import { readRequirements } from './requirements.ts';
import { readYarnLock } from './yarn.ts';

const READERS: ReadonlyMap<string, LockReader> = new Map([
  ['package-lock.json', readNpmLock],
  ['npm-shrinkwrap.json', readNpmLock],
  ['yarn.lock', readYarnLock],
  ['pnpm-lock.yaml', readPnpmLock],
  ['go.mod', readGoMod],
  ['poetry.lock', readPythonLock],
  ['uv.lock', readPythonLock],
  ['pdm.lock', readPythonLock],
  ['pylock.toml', readPylock],
  ['Pipfile.lock', readPipfileLock],
  ['Cargo.lock', readCargoLock],
  ['Gemfile.lock', readGemfileLock],
  ['gems.locked', readGemfileLock],
  ['composer.lock', readComposerLock],
  ['packages.lock.json', readNuGetLock],
  ['pom.xml', readPom],
  ['gradle.lockfile', readGradleLock],
  ['buildscript-gradle.lockfile', readGradleLock],
  ['mix.lock', readMixLock],
  ['pubspec.lock', readPubspecLock],
  ['conan.lock', readConanLock],
  ['renv.lock', readRenvLock],
]);

/** Files that lock versions as well, and that nothing here reads. */
const NOT_READ = new Set(['bun.lock', 'bun.lockb', 'deno.lock', 'Package.resolved', 'Podfile.lock', 'paket.lock']);

/** What reads a file of this path; undefined for a file that is no lock file. */
export function lockReaderOf(path: string): LockReader | undefined {
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  if (name === 'verification-metadata.xml') return parts.at(-2) === 'gradle' ? readGradleVerification : undefined;
  if (name.includes('requirements') && name.endsWith('.txt')) return readRequirements;
  if (/^pylock\.[^.]+\.toml$/.test(name)) return readPylock;
  return READERS.get(name);
}

/** Whether a file locks versions in a way that is not read, so that it has to be named. */
export function isUnreadLock(path: string): boolean {
  return NOT_READ.has(path.slice(path.lastIndexOf('/') + 1));
}
