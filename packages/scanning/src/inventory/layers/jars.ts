import { Buffer } from 'node:buffer';
import { CartoError } from '@cartographer/machinery';
import { bytesOf } from '../../advisories/bytes.ts';
import { type ZipEntry, zipEntries } from '../../advisories/zip.ts';
import { type JarFacts, linesOf, textIn } from './facts.ts';

/** How much of a jar is read, with all that is in it. */
export type JarLimits = {
  /** Archives within archives, the outer one not counted. */
  readonly depth: number;
  /** Files of one archive. */
  readonly entries: number;
  /** Files of all archives. */
  readonly totalEntries: number;
  /** Archives in all. */
  readonly archives: number;
  /** Of one unpacked archive. */
  readonly archiveBytes: number;
  /** Of all that is unpacked. */
  readonly totalBytes: number;
};

/** Real ones hold wars that hold jars: two levels, some hundred archives. */
export const JAR_LIMITS: JarLimits = {
  depth: 5,
  entries: 200_000,
  totalEntries: 1_000_000,
  archives: 5_000,
  archiveBytes: 256 * 1024 * 1024,
  totalBytes: 1024 * 1024 * 1024,
};

const MOST_TEXT_BYTES = 1024 * 1024;
/** Paths of archives of Java. */
export const JAR_PATH = /\.(?:jar|war|ear)$/i;
/** Paths of archives of Java for some program alone; other files have such names, too. */
export const PLUGIN_PATH = /\.(?:sar|par|nar|kar|hpi|jpi|lpkg)$/i;
const POM = /(?:^|\/)META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/i;
const MANIFEST = 'META-INF/MANIFEST.MF';
const ATTRIBUTES: ReadonlySet<string> = new Set([
  'implementation-version',
  'implementation-vendor-id',
  'specification-version',
  'bundle-symbolicname',
  'bundle-version',
  'plugin-version',
]);

type Budget = { archives: number; bytes: number; entries: number };

/** Whether a file begins like an archive. */
export function isZip(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 2) === 'PK';
}

/** What an archive of Java says of what is in it, down to the archives in it. */
export async function readJar(bytes: Buffer, signal: AbortSignal, limits: JarLimits = JAR_LIMITS): Promise<JarFacts> {
  return await readArchive(bytes, signal, limits, limits.depth, {
    archives: limits.archives,
    bytes: limits.totalBytes,
    entries: limits.totalEntries,
  });
}

async function readArchive(
  bytes: Buffer,
  signal: AbortSignal,
  limits: JarLimits,
  depth: number,
  budget: Budget,
): Promise<JarFacts> {
  const poms: JarFacts['poms'][number][] = [];
  const nested: JarFacts['nested'][number][] = [];
  const unread: JarFacts['unread'][number][] = [];
  let manifest: JarFacts['manifest'] = {};
  const takeFrom = async (entry: ZipEntry): Promise<void> => {
    if (POM.test(entry.name)) poms.push(readPom(textIn(await unpacked(entry, MOST_TEXT_BYTES, budget))));
    else if (entry.name.toUpperCase() === MANIFEST) {
      manifest = readManifest(textIn(await unpacked(entry, MOST_TEXT_BYTES, budget)));
    } else if (JAR_PATH.test(entry.name) || PLUGIN_PATH.test(entry.name)) {
      if (depth === 0) throw beyond(`lies more than ${limits.depth} archives deep`);
      if (budget.archives === 0) throw beyond(`is beyond the ${limits.archives} archives that are read in one file`);
      budget.archives -= 1;
      const inner = await unpacked(entry, limits.archiveBytes, budget);
      nested.push({ path: entry.name, jar: await readArchive(inner, signal, limits, depth - 1, budget) });
    }
  };
  try {
    const zipLimits = {
      maxEntries: limits.entries,
      maxEntryBytes: limits.archiveBytes,
      maxTotalBytes: limits.totalBytes,
    };
    for await (const entry of zipEntries(bytesOf(withoutScript(bytes)), zipLimits)) {
      signal.throwIfAborted();
      if (budget.entries === 0) throw beyond(`is beyond the ${limits.totalEntries} files that are read in one file`);
      budget.entries -= 1;
      await takeFrom(entry).catch((error: unknown) => unread.push({ path: entry.name, why: whyUnread(error) }));
    }
  } catch (error) {
    unread.push({ path: '', why: whyUnread(error) });
  }
  return { poms, manifest, nested, unread };
}

const END = Buffer.from('PK\x05\x06', 'latin1');
const ENTRY = Buffer.from('PK\x01\x02', 'latin1');

/** Archives that start themselves have a script before them, and places in them count from behind it. */
function withoutScript(bytes: Buffer): Buffer {
  const end = bytes.lastIndexOf(END);
  if (end < 0 || end + 20 > bytes.length) return bytes;
  const directory = end - bytes.readUInt32LE(end + 12);
  const scriptBytes = directory - bytes.readUInt32LE(end + 16);
  const isBefore = scriptBytes > 0 && bytes.subarray(directory, directory + 4).equals(ENTRY);
  return isBefore ? bytes.subarray(scriptBytes) : bytes;
}

async function unpacked(entry: ZipEntry, maxBytes: number, budget: Budget): Promise<Buffer> {
  if (entry.sizeBytes > maxBytes) throw beyond(`is larger than ${maxBytes / 1024 / 1024} MiB`);
  if (entry.sizeBytes > budget.bytes) throw beyond('is beyond what is unpacked of one file');
  budget.bytes -= entry.sizeBytes;
  return await entry.read();
}

function beyond(why: string): CartoError {
  return new CartoError('CARTO_ARCHIVE', why, { retry: 'never' });
}

/** Whatever else fails is no fault of the archive. */
function whyUnread(error: unknown): string {
  if (error instanceof CartoError && error.code === 'CARTO_ARCHIVE') return error.message;
  throw error;
}

function readPom(text: string): JarFacts['poms'][number] {
  const values = new Map<string, string>();
  for (const line of linesOf(text)) {
    const [, key = '', value = ''] = /^\s*([^\s#!=:]+)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== '') values.set(key, value.includes('${') ? '' : value);
  }
  return {
    group: values.get('groupId') ?? '',
    artifact: values.get('artifactId') ?? '',
    version: values.get('version') ?? '',
  };
}

/** The main attributes: a line of more than 72 bytes goes on in one that begins with a blank. */
function readManifest(text: string): JarFacts['manifest'] {
  const lines: string[] = [];
  for (const line of linesOf(text)) {
    if (line === '' && lines.length > 0) break;
    if (line.startsWith(' ') && lines.length > 0) lines.push((lines.pop() ?? '') + line.slice(1));
    else lines.push(line);
  }
  const attributes = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, Math.max(colon, 0)).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return Object.fromEntries(attributes.filter(([key, value]) => ATTRIBUTES.has(key) && value !== ''));
}
