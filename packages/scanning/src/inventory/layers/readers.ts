import { Buffer } from 'node:buffer';
import type { ContentReader } from '@cartographer/oci';
import { readApkInstalled } from './alpine.ts';
import { readComposerInstalled } from './composer.ts';
import { readDpkgStatus } from './debian.ts';
import { isExecutable } from './executables.ts';
import { type FileFacts, LayerFileError } from './facts.ts';
import { isZip, JAR_LIMITS, JAR_PATH, type JarLimits, PLUGIN_PATH, readJar } from './jars.ts';
import { readPackageJson } from './npm.ts';
import { readDotnetDeps } from './nuget.ts';
import { readOsRelease } from './os-release.ts';
import { mayTellPackages, readProgram } from './programs.ts';
import { readPythonMetadata } from './python.ts';
import { readRpmDatabase } from './rpm.ts';
import { readGemspec } from './ruby.ts';

/** How much of the files of one layer is read. What is beyond is named in `unread`. */
export type FileLimits = {
  /** Of what describes one package. */
  readonly textBytes: number;
  /** Of the list of a package manager. */
  readonly listBytes: number;
  /** Of a program, an archive of Java, the database of rpm: they are held in memory as a whole, one at a time. */
  readonly binaryBytes: number;
  /** Of all files of a layer that are held so, one after the other. */
  readonly totalBytes: number;
  readonly jars: JarLimits;
};

export const FILE_LIMITS: FileLimits = {
  textBytes: 8 * 1024 * 1024,
  listBytes: 64 * 1024 * 1024,
  binaryBytes: 256 * 1024 * 1024,
  totalBytes: 16 * 1024 * 1024 * 1024,
  jars: JAR_LIMITS,
};

type Reader = ContentReader<FileFacts>;

/** What a path looks like, and how a file of such a path is read. The first that fits counts. */
type Rule = readonly [path: RegExp, read: Reader];

const DPKG = '(?:^|/)(?:var|usr)/lib/dpkg';
/** What distroless images keep beside the paragraph of each package. */
const BESIDE = '\\.(?:md5sums|preinst|postinst|prerm|postrm|conffiles|list|shlibs|symbols|triggers|templates|config)';
const PYTHON = /(?:dist-info\/METADATA|egg-info\/PKG-INFO|\.egg-info)$/i;
const RPM_FOLDER = '(?:^|/)(?:var/lib|usr/share|usr/lib/sysimage)/rpm';

/** What else names packages and is not read: an image with one is not read whole. */
const NOT_READ: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`${RPM_FOLDER}/Packages$`), "is rpm's database in the form of Berkeley DB, which is not read"],
  [new RegExp(`${RPM_FOLDER}/Packages\\.db$`), "is rpm's database in a form of its own, which is not read"],
  [/(?:^|\/)var\/lib\/pacman\/local\/ALPM_DB_VERSION$/, 'is the database of pacman, which is not read'],
  [/(?:^|\/)usr\/lib\/opkg\/status$/, 'is the database of opkg, which is not read'],
  [/(?:^|\/)nix\/var\/nix\/db\/db\.sqlite$/, 'is the database of Nix, which is not read'],
  [
    /^(?!.*node_modules\/)(?:.*\/)?\.pnp\.c?js$/,
    'says that packages of npm are in archives of Yarn, which are not read',
  ],
  [/(?:^|\/)(?:site|dist)-packages\/[^/]+\.egg$/, 'is a packed egg of Python, which is not read'],
];
const RPM_LOG = new RegExp(`${RPM_FOLDER}/rpmdb\\.sqlite-wal$`);

/** Lists of logins, which are sparse and hold nothing: what cannot be read of them is not worth a word. */
const LOGINS = /^var\/log\/(?:lastlog|faillog|tallylog|wtmp|btmp)$/;

/**
 * Makes what finds the reader of a path in one layer. Files that are read alike have the same reader; what is no list of
 * packages may be a program, and is looked into.
 */
export function createReaders(
  signal: AbortSignal,
  limits: FileLimits = FILE_LIMITS,
): (path: string) => Reader | undefined {
  const { textBytes, listBytes, binaryBytes, totalBytes } = limits;
  const budget = { left: totalBytes, totalBytes };
  const text = (read: ReadBytes): Reader => whole(read, textBytes, budget);
  const list = (read: ReadBytes): Reader => whole(read, listBytes, budget);
  const binary = (read: ReadBytes): Reader => whole(read, binaryBytes, budget);
  const jar = async (bytes: Buffer): Promise<FileFacts> => ({
    kind: 'jar',
    jar: await readJar(bytes, signal, limits.jars),
  });
  const rules: readonly Rule[] = [
    [/(?:^|\/)package\.json$/, asNpm(text(readPackageJson))],
    [new RegExp(`${DPKG}/status$`), list(readDpkgStatus)],
    [new RegExp(`${DPKG}/status\\.d/[^/]+(?<!${BESIDE})$`), text(readDpkgStatus)],
    [/(?:^|\/)lib\/apk\/db\/installed$/, list(readApkInstalled)],
    [/(?:^|\/)(?:etc|usr\/lib)\/os-release$/, text(readOsRelease)],
    [PYTHON, text(readPythonMetadata)],
    [/(?:^|\/)specifications\/(?:.+\/)?[^/]+\.gemspec$/, text(readGemspec)],
    [/\.deps\.json$/, list(readDotnetDeps)],
    [/(?:^|\/)composer\/installed\.json$/, list(readComposerInstalled)],
    [new RegExp(`${RPM_FOLDER}/rpmdb\\.sqlite$`), binary(readRpmDatabase)],
    [RPM_LOG, unlessEmpty('holds changes of the database of rpm beside it, which are not read')],
    ...NOT_READ.map(([path, why]): Rule => [path, unlessEmpty(why)]),
    [JAR_PATH, binary(async (bytes) => (bytes.length === 0 ? undefined : await jar(bytes)))],
    [PLUGIN_PATH, binary(async (bytes) => (isZip(bytes) ? await jar(bytes) : undefined))],
  ];
  const others = programs(binary(readProgram), binaryBytes);
  return (path) => (LOGINS.test(path) ? undefined : (rules.find(([fits]) => fits.test(path))?.[1] ?? others));
}

type ReadBytes = (bytes: Buffer) => FileFacts | undefined | Promise<FileFacts | undefined>;
type Budget = { left: number; readonly totalBytes: number };

/** Holds a file as a whole, within bounds, and says what it says. */
function whole(read: ReadBytes, maxBytes: number, budget: Budget): Reader {
  return async (content, sizeBytes) => {
    if (sizeBytes > maxBytes) return unread(tooLarge(maxBytes));
    if (sizeBytes > budget.left) return unread(`is beyond the ${budget.totalBytes} bytes that are read of a layer`);
    budget.left -= sizeBytes;
    const bytes = Buffer.allocUnsafe(sizeBytes);
    let filled = 0;
    for await (const chunk of content) filled += chunk.copy(bytes, filled);
    try {
      return await read(bytes.subarray(0, filled));
    } catch (error) {
      if (error instanceof LayerFileError) return unread(error.message);
      throw error;
    }
  };
}

/** Whether it is worth a word that one of these could not be read depends on where it stands. */
function asNpm(read: Reader): Reader {
  return async (content, sizeBytes) => {
    const facts = await read(content, sizeBytes);
    return facts?.kind === 'unread' ? { kind: 'npm', why: facts.why } : facts;
  };
}

function unlessEmpty(why: string): Reader {
  return (_content, sizeBytes) => Promise.resolve(sizeBytes === 0 ? undefined : unread(why));
}

/** Of all other files the first bytes say whether they are programs. */
function programs(read: Reader, maxBytes: number): Reader {
  return async (content, sizeBytes) => {
    const chunks = content[Symbol.asyncIterator]();
    let head = Buffer.alloc(0);
    while (head.length < 4) {
      const next = await chunks.next();
      if (next.done === true) return undefined;
      head = Buffer.concat([head, next.value]);
    }
    if (!isExecutable(head)) return undefined;
    async function* all(): AsyncGenerator<Buffer> {
      yield head;
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
    }
    if (sizeBytes <= maxBytes) return await read(all(), sizeBytes);
    return (await mayTellPackages(all())) ? unread(tooLarge(maxBytes)) : undefined;
  };
}

function unread(why: string): FileFacts {
  return { kind: 'unread', why };
}

function tooLarge(maxBytes: number): string {
  return `is larger than ${maxBytes / 1024 / 1024} MiB`;
}
