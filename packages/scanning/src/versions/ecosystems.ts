import { apkOrder } from './apk-order.ts';
import { dpkgOrder } from './dpkg-order.ts';
import { mavenOrder } from './maven-order.ts';
import { nugetOrder } from './nuget-order.ts';
import type { VersionOrder } from './order.ts';
import { packagistOrder } from './packagist-order.ts';
import { pypiOrder } from './pypi-order.ts';
import { rpmOrder } from './rpm-order.ts';
import { rubygemsOrder } from './rubygems-order.ts';
import { goOrder, semverOrder } from './semver-order.ts';

/** What is particular to an ecosystem. */
type Ecosystem = {
  readonly order: VersionOrder;
  /** The one spelling of all that name the same package; a name stays as it is without it. */
  readonly normalise?: (name: string) => string;
  /** Whether `:` and a release stand behind its name, and records are matched by release and source package. */
  readonly isDistribution?: true;
};

const lower = (name: string): string => name.toLowerCase();
const dpkg: Ecosystem = { order: dpkgOrder, isDistribution: true };
const apk: Ecosystem = { order: apkOrder, isDistribution: true };
const rpm: Ecosystem = { order: rpmOrder, isDistribution: true };
const semver: Ecosystem = { order: semverOrder };

/** Those that versions can be compared of, by the names that OSV gives them. */
const ECOSYSTEMS: ReadonlyMap<string, Ecosystem> = new Map([
  ['npm', semver],
  ['crates.io', { order: semverOrder, normalise: (name) => name.toLowerCase().replaceAll('_', '-') }],
  ['Go', { order: goOrder }],
  ['PyPI', { order: pypiOrder, normalise: (name) => name.toLowerCase().replace(/[-_.]+/g, '-') }],
  ['Maven', { order: mavenOrder }],
  ['RubyGems', { order: rubygemsOrder }],
  ['NuGet', { order: nugetOrder, normalise: lower }],
  ['Packagist', { order: packagistOrder, normalise: lower }],
  ['Hex', semver],
  ['Pub', semver],
  ['SwiftURL', semver],
  ['Debian', dpkg],
  ['Ubuntu', dpkg],
  ['Alpine', apk],
  ['Wolfi', apk],
  ['Chainguard', apk],
  ['Red Hat', rpm],
  ['Rocky Linux', rpm],
  ['AlmaLinux', rpm],
  ['SUSE', rpm],
  ['openSUSE', rpm],
]);

/** An ecosystem's name without the release or registry that may stand behind it: `Debian` of `Debian:12`. */
export function baseEcosystem(ecosystem: string): string {
  const colon = ecosystem.indexOf(':');
  return colon === -1 ? ecosystem : ecosystem.slice(0, colon);
}

/** How versions of an ecosystem compare; undefined for one whose order is not known. */
export function orderOf(ecosystem: string): VersionOrder | undefined {
  return ECOSYSTEMS.get(baseEcosystem(ecosystem))?.order;
}

/** Whether advisories of an ecosystem name source packages of a release. */
export function isDistribution(ecosystem: string): boolean {
  return ECOSYSTEMS.get(baseEcosystem(ecosystem))?.isDistribution === true;
}

/**
 * What records and bills call the same part of an ecosystem: the release of a distribution (`Ubuntu:22.04` for
 * `Ubuntu:22.04:LTS`, `Red Hat:9` for `Red Hat:enterprise_linux:9::baseos`), and nothing but the base for all others,
 * whose suffix is a registry.
 */
export function ecosystemKey(ecosystem: string): string {
  const base = baseEcosystem(ecosystem);
  if (!isDistribution(ecosystem) || base === ecosystem) return base;
  const release = ecosystem.slice(base.length + 1);
  if (base === 'Ubuntu') return `${base}:${release.replace(/:LTS$/, '')}`;
  const major = base === 'Red Hat' ? /^[a-z_]+:([0-9]+)(?![0-9])/.exec(release)?.[1] : undefined;
  return `${base}:${major ?? release}`;
}

/** Whether a record for one ecosystem speaks of packages of another; one without release speaks of all of them. */
export function coversEcosystem(ofRecord: string, ofPackage: string): boolean {
  const key = ecosystemKey(ofRecord);
  return key === ecosystemKey(ofPackage) || key === baseEcosystem(ofPackage);
}

/**
 * The key by which records and packages find each other: base ecosystem and normalised name, parted by a blank, which
 * neither of the two has. Releases are compared by {@link coversEcosystem}.
 */
export function packageKey(ecosystem: string, name: string): string {
  return `${baseEcosystem(ecosystem).replaceAll(' ', '')} ${normalisedName(ecosystem, name)}`;
}

/** The keys of that name in all ecosystems that versions can be compared of, and of packages that are of none. */
export function packageKeys(name: string): readonly string[] {
  return [...ECOSYSTEMS.keys(), ''].map((ecosystem) => packageKey(ecosystem, name));
}

/** The one spelling of all that name the same package of an ecosystem. */
export function normalisedName(ecosystem: string, name: string): string {
  return ECOSYSTEMS.get(baseEcosystem(ecosystem))?.normalise?.(name) ?? name;
}
