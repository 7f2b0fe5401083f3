import packageurl, { type PurlComponentEncoder } from 'packageurl-js';

/** A package URL in its parts, decoded, written as it stood: nothing is made lower case. */
export type Purl = {
  /** Lower case: `npm`, `deb`. */
  readonly type: string;
  /** Parts are joined by `/`; empty where there is none. */
  readonly namespace: string;
  readonly name: string;
  /** Empty where there is none. */
  readonly version: string;
  /** Keys are lower case; those without a value are left out. */
  readonly qualifiers: ReadonlyMap<string, string>;
  /** Empty where there is none. */
  readonly subpath: string;
};

/** Longer than any real one by far. */
const MOST_CHARACTERS = 4096;
const TYPE = /^[a-z][a-z0-9.+-]*$/;

/**
 * Reads a package URL; undefined where the text is none. Only the path goes to the library: it decodes qualifiers twice,
 * changes names to the case that registries prefer, and throws at versions of Go that are none.
 */
export function parsePurl(text: string): Purl | undefined {
  if (text.length > MOST_CHARACTERS || !text.isWellFormed()) return undefined;
  const [beforeHash, subpath] = cutAtLast(text.trim(), '#');
  const [path, query] = cutAtLast(beforeHash, '?');
  try {
    const [type = '', namespace = '', name = '', version = ''] = packageurl.PackageURL.parseString(path);
    const purl = {
      type: type.toLowerCase(),
      namespace: segments(namespace),
      name: name.trim(),
      version: version.trim(),
      qualifiers: qualifiersOf(query),
      subpath: segments(decodeURIComponent(subpath)),
    };
    return TYPE.test(purl.type) && purl.name !== '' ? purl : undefined;
  } catch {
    return undefined;
  }
}

/** The canonical text of a package URL; equal ones have equal texts. */
export function formatPurl(purl: Purl): string {
  const { Component } = packageurl.PackageURL;
  const part = (lead: string, encode: PurlComponentEncoder, value: string): string =>
    value === '' ? '' : `${lead}${encode(value)}`;
  const qualifiers = [...purl.qualifiers]
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .toSorted()
    .join('&');
  const namespace = purl.namespace === '' ? '' : `${Component.namespace.encode(purl.namespace)}/`;
  return [
    `pkg:${purl.type}/${namespace}${Component.name.encode(purl.name)}`,
    part('@', Component.version.encode, purl.version),
    qualifiers === '' ? '' : `?${qualifiers}`,
    part('#', Component.subpath.encode, purl.subpath),
  ].join('');
}

/** Whether two texts are the same package URL, however each is encoded, spelled and its qualifiers are ordered. */
export function equalPurls(left: string, right: string): boolean {
  if (left === right) return true;
  const [first, second] = [parsePurl(left), parsePurl(right)];
  return first !== undefined && second !== undefined && formatPurl(alike(first)) === formatPurl(alike(second));
}

/**
 * Whether a package URL names the package of another one: `pkg:npm/a` covers all versions of it, and with a version that
 * one alone; qualifiers and a subpath have to be the same only where the covering one has them.
 */
export function coversPurl(covering: string, covered: string): boolean {
  const [pattern, purl] = [parsePurl(covering), parsePurl(covered)].map((one) => one && alike(one));
  if (pattern === undefined || purl === undefined) return false;
  return (
    pattern.type === purl.type &&
    pattern.namespace === purl.namespace &&
    pattern.name === purl.name &&
    (pattern.version === '' || pattern.version === purl.version) &&
    (pattern.subpath === '' || pattern.subpath === purl.subpath) &&
    [...pattern.qualifiers].every(([key, value]) => purl.qualifiers.get(key) === value)
  );
}

/** Types whose names mean the same in any case. Source: the list of types of the package URL specification. */
const IN_ANY_CASE = new Set(['pypi', 'nuget', 'composer', 'github', 'bitbucket', 'hex', 'deb', 'apk', 'pub']);

/** The package URL with its names in the form in which they are compared. */
function alike(purl: Purl): Purl {
  if (!IN_ANY_CASE.has(purl.type)) return purl;
  const name = purl.name.toLowerCase();
  return {
    ...purl,
    namespace: purl.namespace.toLowerCase(),
    name: purl.type === 'pypi' ? name.replaceAll(/[-_.]+/g, '-') : name,
  };
}

/** `+` stands for itself: package URLs are no forms, and versions of distributions are full of it. */
function qualifiersOf(query: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=');
    if (at <= 0) continue;
    const value = decodeURIComponent(pair.slice(at + 1)).trim();
    if (value !== '') found.set(decodeURIComponent(pair.slice(0, at)).toLowerCase(), value);
  }
  return found;
}

function segments(path: string): string {
  return path
    .split('/')
    .map((segment) => segment.trim())
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..')
    .join('/');
}

function cutAtLast(text: string, mark: string): readonly [string, string] {
  const at = text.lastIndexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
