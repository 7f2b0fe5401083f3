import type { BillPackage } from './bill.ts';
import { distributionOf, isOfDistribution, sourceOf, withEpoch } from './distributions.ts';
import { formatPurl, type Purl, parsePurl } from './purl.ts';

/** What stands between namespace and name in the name of a package. */
type Kind = { readonly ecosystem: string; readonly between: '/' | ':' };

/** Types of package URLs that are ecosystems of their own. Source: the list of ecosystems of the OSV schema. */
const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['npm', { ecosystem: 'npm', between: '/' }],
  ['pypi', { ecosystem: 'PyPI', between: '/' }],
  ['golang', { ecosystem: 'Go', between: '/' }],
  ['cargo', { ecosystem: 'crates.io', between: '/' }],
  ['maven', { ecosystem: 'Maven', between: ':' }],
  ['gem', { ecosystem: 'RubyGems', between: '/' }],
  ['nuget', { ecosystem: 'NuGet', between: '/' }],
  ['composer', { ecosystem: 'Packagist', between: '/' }],
  ['hex', { ecosystem: 'Hex', between: '/' }],
  ['pub', { ecosystem: 'Pub', between: '/' }],
  ['swift', { ecosystem: 'SwiftURL', between: '/' }],
  ['conan', { ecosystem: 'ConanCenter', between: '/' }],
  ['cran', { ecosystem: 'CRAN', between: '/' }],
  ['hackage', { ecosystem: 'Hackage', between: '/' }],
  ['github', { ecosystem: 'GitHub Actions', between: '/' }],
  ['githubactions', { ecosystem: 'GitHub Actions', between: '/' }],
  ['bitnami', { ecosystem: 'Bitnami', between: '/' }],
]);

const TYPES: ReadonlyMap<string, string> = new Map(
  [...KINDS].toReversed().map(([type, { ecosystem }]) => [ecosystem, type] as const),
);

/**
 * The ecosystem as OSV names it, with the release of a distribution. What OSV has no name for is called by type and
 * namespace, `rpm:centos`, so that it can be named as uncovered.
 */
export function ecosystemOf(purl: Purl, distro = ''): string {
  if (isOfDistribution(purl)) return distributionOf(purl, distro) ?? `${purl.type}:${purl.namespace}`;
  return KINDS.get(purl.type)?.ecosystem ?? purl.type;
}

/** The name that advisories use: `@types/node`, `org.slf4j:slf4j-api`, `golang.org/x/net`, `openssl`. */
export function nameOf(purl: Purl): string {
  if (purl.namespace === '' || isOfDistribution(purl)) return purl.name;
  return `${purl.namespace}${KINDS.get(purl.type)?.between ?? '/'}${purl.name}`;
}

/**
 * The package that a package URL names; undefined where the text is no package URL. `distro` is the release of those of
 * a distribution that do not say theirs: `debian-12`.
 */
export function packageOfPurl(text: string, distro = ''): BillPackage | undefined {
  const purl = parsePurl(text);
  if (purl === undefined) return undefined;
  const version = purl.type === 'rpm' ? withEpoch(purl.version, purl.qualifiers.get('epoch')) : purl.version;
  const source = isOfDistribution(purl) ? sourceOf(purl, version) : undefined;
  return {
    name: nameOf(purl),
    version,
    purl: text,
    ecosystem: ecosystemOf(purl, distro),
    ...(source !== undefined && { source }),
  };
}

/**
 * The package URL of a package of a language's ecosystem, with the qualifiers given; empty for an ecosystem that has no
 * type of its own, such as a distribution.
 */
export function purlOf(
  ecosystem: string,
  name: string,
  version: string,
  qualifiers: ReadonlyMap<string, string> = new Map(),
): string {
  const type = TYPES.get(ecosystem);
  if (type === undefined || name === '') return '';
  const at = name.lastIndexOf(KINDS.get(type)?.between ?? '/');
  const namespace = name.slice(0, Math.max(at, 0));
  return formatPurl({ type, namespace, name: name.slice(at + 1), version, qualifiers, subpath: '' });
}
