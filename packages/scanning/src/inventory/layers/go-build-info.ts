import { bytesAt, type Executable } from './executables.ts';
import { bounded, LayerFileError, linesOf, type NamedPackage } from './facts.ts';

/** What Go's linker begins its note with; it stands at a multiple of 16. Source: the package debug/buildinfo of Go. */
export const GO_MARK: Buffer = Buffer.from('\xff Go buildinf:', 'latin1');
const ALIGNMENT = 16;
const HEADER_BYTES = 32;
const IS_BIG_ENDIAN = 1;
const IS_INLINE = 2;
const MOST_VERSION_BYTES = 1024;
const MOST_MODULE_BYTES = 16 * 1024 * 1024;
/** Marks of 16 bytes around the list of modules. */
const SENTINEL_BYTES = 16;

/**
 * The modules that a program of Go is built from, and the standard library at the version of Go; undefined where it is
 * none. A module that is replaced by a folder has no version.
 *
 * @throws LayerFileError when it was built without saying its modules.
 */
export function readGoModules(executable: Executable): readonly NamedPackage[] | undefined {
  const found = buildInfoIn(executable);
  if (found === undefined) return undefined;
  const [version = ''] = found.version.split(/\s/);
  if (!/^(?:go\d|devel)/.test(version)) return undefined;
  if (found.modules === '') throw new LayerFileError('is a program of Go that does not name its modules');
  // As its advisories and package URLs have it, without the `go` before it.
  const stdlib = { ecosystem: 'Go', name: 'stdlib', version: version.replace(/^go/, '') };
  return bounded([stdlib, ...modulesIn(found.modules)]);
}

function modulesIn(text: string): readonly NamedPackage[] {
  const packages: NamedPackage[] = [];
  for (const line of linesOf(text)) {
    const [kind, name = '', moduleVersion = ''] = line.split('\t');
    if (kind === 'mod' && name !== '') {
      const version = moduleVersion === UNSAID ? (versionInFlags(text, name) ?? UNSAID) : moduleVersion;
      packages.push({ ecosystem: 'Go', name, version });
    } else if (kind === 'dep' && name !== '') {
      packages.push({ ecosystem: 'Go', name, version: moduleVersion });
    } else if (kind === '=>' && packages.length > 0) {
      const replaced = packages.pop();
      // A folder has no version that an advisory knows.
      const isFolder = /^\.{0,2}\//.test(name);
      packages.push({
        ecosystem: 'Go',
        name: isFolder ? (replaced?.name ?? name) : name,
        version: isFolder ? '' : moduleVersion,
      });
    }
  }
  return packages;
}

/** What Go calls the version of what was built in a folder. */
const UNSAID = '(devel)';
const VERSION_FLAG = /-X[ =]["']?([\w./-]+)\.(?:git)?(?:build)?version=["']?(v?\d+\.\d+\.\d+[\w.+-]*)/gi;

/** Those who build in a folder mostly give the linker the version, of their own package or of `main`. */
function versionInFlags(text: string, module: string): string | undefined {
  for (const [, variable = '', version = ''] of text.matchAll(VERSION_FLAG)) {
    const isOwn = variable === 'main' || variable === module || variable.startsWith(`${module}/`);
    if (isOwn) return version.startsWith('v') ? version : `v${version}`;
  }
  return undefined;
}

type BuildInfo = { readonly version: string; readonly modules: string };

function buildInfoIn(executable: Executable): BuildInfo | undefined {
  const named = executable.sections.find(({ name }) => name === '.go.buildinfo' || name === '__go_buildinfo');
  const section = named ?? executable.data;
  if (section === undefined) return undefined;
  const at = markIn(section.bytes);
  if (at < 0) return undefined;
  const header = section.bytes.subarray(at);
  const flags = header[15] ?? 0;
  return (flags & IS_INLINE) === 0 ? readPointers(executable, header) : readInline(header);
}

function markIn(bytes: Buffer): number {
  for (let at = bytes.indexOf(GO_MARK); at >= 0; at = bytes.indexOf(GO_MARK, at + 1)) {
    if (at % ALIGNMENT === 0 && at + HEADER_BYTES <= bytes.length) return at;
  }
  return -1;
}

/** Since Go 1.18: two texts, each after its length. */
function readInline(header: Buffer): BuildInfo | undefined {
  const version = readText(header, HEADER_BYTES, MOST_VERSION_BYTES);
  if (version === undefined) return undefined;
  const modules = readText(header, version.end, MOST_MODULE_BYTES);
  return { version: version.text.toString(), modules: withoutSentinels(modules?.text ?? Buffer.alloc(0)) };
}

function readText(
  bytes: Buffer,
  at: number,
  most: number,
): { readonly text: Buffer; readonly end: number } | undefined {
  let length = 0;
  let start = at;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[start];
    if (byte === undefined || shift > 28) return undefined;
    length += (byte & 0x7f) * 2 ** shift;
    start += 1;
    if (byte < 0x80) break;
  }
  const end = start + length;
  return length > most || end > bytes.length ? undefined : { text: bytes.subarray(start, end), end };
}

/** Before Go 1.18: pointers to two headers of texts, which are a pointer and a length. */
function readPointers(executable: Executable, header: Buffer): BuildInfo | undefined {
  const width = header[14] ?? 0;
  if (width !== 4 && width !== 8) return undefined;
  const isBig = ((header[15] ?? 0) & IS_BIG_ENDIAN) !== 0;
  const pointer = (bytes: Buffer | undefined, at: number): number | undefined => {
    if (bytes === undefined || bytes.length < at + width) return undefined;
    if (width === 4) return isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
    return Number(isBig ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at));
  };
  const text = (at: number, most: number): Buffer | undefined => {
    const address = pointer(header, at);
    const head = address === undefined ? undefined : bytesAt(executable, address, 2 * width);
    const [start, length] = [pointer(head, 0), pointer(head, width)];
    if (start === undefined || length === undefined || length > most) return undefined;
    return length === 0 ? Buffer.alloc(0) : bytesAt(executable, start, length);
  };
  const version = text(16, MOST_VERSION_BYTES);
  const modules = text(16 + width, MOST_MODULE_BYTES);
  return version && { version: version.toString(), modules: withoutSentinels(modules ?? Buffer.alloc(0)) };
}

function withoutSentinels(modules: Buffer): string {
  const isMarked = modules.length > 2 * SENTINEL_BYTES && modules[modules.length - SENTINEL_BYTES - 1] === 0x0a;
  return isMarked ? modules.toString('utf8', SENTINEL_BYTES, modules.length - SENTINEL_BYTES) : '';
}
