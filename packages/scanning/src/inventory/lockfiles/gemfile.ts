import type { BillPackage } from '@cartographer/bills';
import { type LockContents, type LockFile, LockFileError, linesOf, locked } from './lock-file.ts';

const SECTIONS_OF_GEMS = new Set(['GEM', 'GIT', 'PATH', 'PLUGIN SOURCE']);

/** A gem has four blanks before it, what it requires has six: `    nokogiri (1.15.4-x86_64-linux)`. */
const GEM = /^ {4}(?<name>[^\s(]+)(?: \((?<version>[^-)]*)(?:-[^)]*)?\))?!?$/;
const REMOTE = /^ {2}remote: (?<remote>.+)$/;

/** `Gemfile.lock`: the gems of all sources. The platform of a gem is no part of its version. */
export function readGemfileLock(file: LockFile): LockContents {
  const packages: BillPackage[] = [];
  let section = '';
  let remote = '';
  for (const [index, line] of linesOf(file.text).entries()) {
    if (/^\S/.test(line)) {
      if (!/^[A-Z][A-Z ]*$/.test(line))
        throw new LockFileError(`is no lock file of Bundler: line ${index + 1} is no section`);
      [section, remote] = [line, ''];
      continue;
    }
    if (!SECTIONS_OF_GEMS.has(section)) continue;
    remote = REMOTE.exec(line)?.groups?.['remote'] ?? remote;
    const { name, version = '' } = GEM.exec(line)?.groups ?? {};
    if (name !== undefined) packages.push(locked(file, 'RubyGems', name, version, section === 'GIT' ? remote : ''));
  }
  return { packages, unread: [] };
}
