import { isObject, type JsonObject, jsonTextNestsTooDeep, messageOf } from '@cartographer/machinery';

/** A package of a language's ecosystem, as one file names it. */
export type NamedPackage = {
  /** As OSV names it. */
  readonly ecosystem: string;
  readonly name: string;
  /** Empty where the file does not say it. */
  readonly version: string;
};

/** A package of a distribution; which one, the file does not say. */
export type BuiltPackage = {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  /** As the qualifier `upstream` of a package URL has it: `glibc`, `glibc@2.36-9`, `openssl-3.0.7-24.el9.src.rpm`. */
  readonly upstream: string;
  /** Of rpm. */
  readonly epoch?: string;
};

/** What is read of a jar, apart from its own name. */
export type JarFacts = {
  readonly poms: readonly { readonly group: string; readonly artifact: string; readonly version: string }[];
  /** Main attributes of the manifest that tell what it is. */
  readonly manifest: Readonly<Record<string, string>>;
  /** Archives in it, by their path in it. */
  readonly nested: readonly { readonly path: string; readonly jar: JarFacts }[];
  /** What of it could not be read. */
  readonly unread: readonly { readonly path: string; readonly why: string }[];
};

/** A list of a distribution's packages, and what of it could not be read, if anything. */
export type BuiltFacts = {
  readonly kind: 'built';
  readonly type: 'deb' | 'apk' | 'rpm';
  readonly packages: readonly BuiltPackage[];
  readonly why?: string;
};

/**
 * What the content of one file of an image says: plain data that is kept with its layer. Where the file stands, and what
 * stands beside it, comes later: see {@link packagesAt}.
 */
export type FileFacts =
  | { readonly kind: 'packages'; readonly packages: readonly NamedPackage[] }
  | BuiltFacts
  | { readonly kind: 'release'; readonly id: string; readonly version: string }
  | { readonly kind: 'npm'; readonly name: string; readonly version: string; readonly isPrivate: boolean }
  | { readonly kind: 'npm'; readonly why: string }
  | { readonly kind: 'jar'; readonly jar: JarFacts }
  | { readonly kind: 'unread'; readonly why: string };

/** A file that is not of the kind that its name says. The message follows the path of the file. */
export class LayerFileError extends Error {
  override readonly name = 'LayerFileError';
}

/** How many packages one file may name: beyond any real system by far. */
const MOST_PACKAGES = 100_000;

/** @throws LayerFileError when there are more than any system has. */
export function bounded<T>(packages: readonly T[]): readonly T[] {
  if (packages.length > MOST_PACKAGES) throw new LayerFileError(`names more than ${MOST_PACKAGES} packages`);
  return packages;
}

const MOST_NESTING = 200;

/** @throws LayerFileError when the file holds no JSON object. */
export function jsonObjectIn(bytes: Buffer): JsonObject {
  const text = textIn(bytes);
  if (jsonTextNestsTooDeep(text, MOST_NESTING)) throw new LayerFileError(`nests more than ${MOST_NESTING} levels deep`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new LayerFileError(`is not JSON: ${messageOf(error).slice(0, 200)}`);
  }
  if (!isObject(value)) throw new LayerFileError('is not a JSON object');
  return value;
}

/** The text of a file; what is not UTF-8 in it shows as such. */
export function textIn(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

/** Fields of a paragraph: `Name: value`; the first of a name counts. */
export type Fields = ReadonlyMap<string, string>;

/** The paragraphs of a file, and the first line of it that is no field. */
export type Paragraphs = { readonly paragraphs: readonly Fields[]; readonly why?: string };

/**
 * The paragraphs of a file of Debian, Alpine or Python, and the fields that are asked for in each. Lines that go on with
 * the value of a field begin with a blank.
 *
 * @param options how many paragraphs are read at most, and whether keys are the same in lower case.
 */
export function paragraphsIn(
  text: string,
  wanted: ReadonlySet<string>,
  { most = Number.POSITIVE_INFINITY, inAnyCase = false }: { readonly most?: number; readonly inAnyCase?: boolean } = {},
): Paragraphs {
  const paragraphs: Fields[] = [];
  let fields: Map<string, string> | undefined;
  let number = 0;
  let why: string | undefined;
  for (const line of linesOf(text)) {
    number += 1;
    if (line.trim() === '') {
      fields = undefined;
      if (paragraphs.length >= most) break;
      continue;
    }
    if (line.startsWith(' ') || line.startsWith('\t')) continue;
    const colon = line.indexOf(':');
    if (colon <= 0) {
      why ??= `has a line ${number} that is no field`;
      continue;
    }
    if (fields === undefined) {
      fields = new Map();
      paragraphs.push(fields);
    }
    const key = inAnyCase ? line.slice(0, colon).toLowerCase() : line.slice(0, colon);
    if (wanted.has(key) && !fields.has(key)) fields.set(key, line.slice(colon + 1).trim());
  }
  return { paragraphs, ...(why !== undefined && { why }) };
}

/**
 * A list of a distribution's packages out of paragraphs. One without a name counts as unread if it has a version.
 *
 * @param packageOf undefined for a package that is not there.
 * @throws LayerFileError when there are more than any system has.
 */
export function builtFacts(
  type: 'deb' | 'apk',
  { paragraphs, why }: Paragraphs,
  packageOf: (fields: Fields) => BuiltPackage | undefined,
): BuiltFacts {
  const packages = bounded(paragraphs.map(packageOf).filter((found) => found !== undefined));
  const isNameless = packages.some(({ name, version }) => name === '' && version !== '');
  const whole = why ?? (isNameless ? 'has a paragraph without a package' : undefined);
  return {
    kind: 'built',
    type,
    packages: packages.filter(({ name }) => name !== ''),
    ...(whole !== undefined && { why: whole }),
  };
}

/** One line after the other: a list of all of them would be larger than the text. */
export function* linesOf(text: string): Generator<string, void, undefined> {
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    yield text.slice(at, text[end - 1] === '\r' && end > at ? end - 1 : end);
    at = end + 1;
  }
}
