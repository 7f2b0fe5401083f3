import type { Purl } from './purl.ts';

/** How OSV writes a release of one distribution; `distro` is the qualifier, `debian-12`. */
type Release = (distro: string) => string;

const CODENAMES: ReadonlyMap<string, string> = new Map([
  ['jessie', '8'],
  ['stretch', '9'],
  ['buster', '10'],
  ['bullseye', '11'],
  ['bookworm', '12'],
  ['trixie', '13'],
  ['forky', '14'],
  ['trusty', '14.04'],
  ['xenial', '16.04'],
  ['bionic', '18.04'],
  ['focal', '20.04'],
  ['jammy', '22.04'],
  ['noble', '24.04'],
]);

/** Distributions by type and namespace of a package URL. Source: the list of ecosystems of the OSV schema. */
const DISTRIBUTIONS: ReadonlyMap<string, Release> = new Map<string, Release>([
  ['deb/debian', (distro) => joined('Debian', numbers(distro, 1))],
  ['deb/ubuntu', (distro) => joined('Ubuntu', ubuntuRelease(distro))],
  ['apk/alpine', (distro) => joined('Alpine', distro.includes('edge') ? 'edge' : led('v', numbers(distro, 2)))],
  ['apk/wolfi', () => 'Wolfi'],
  ['apk/chainguard', () => 'Chainguard'],
  ['rpm/redhat', (distro) => joined('Red Hat', led('enterprise_linux:', numbers(distro, 1)))],
  ['rpm/rhel', (distro) => joined('Red Hat', led('enterprise_linux:', numbers(distro, 1)))],
  ['rpm/rocky', (distro) => joined('Rocky Linux', numbers(distro, 1))],
  ['rpm/rockylinux', (distro) => joined('Rocky Linux', numbers(distro, 1))],
  ['rpm/almalinux', (distro) => joined('AlmaLinux', numbers(distro, 1))],
  ['rpm/alma', (distro) => joined('AlmaLinux', numbers(distro, 1))],
  ['rpm/opensuse', (distro) => joined('openSUSE', openSuseRelease(distro))],
  ['rpm/suse', (distro) => joined('SUSE', suseRelease(distro))],
  ['rpm/sles', (distro) => joined('SUSE', suseRelease(distro))],
  ['rpm/mageia', (distro) => joined('Mageia', numbers(distro, 1))],
  ['rpm/azurelinux', (distro) => joined('Azure Linux', numbers(distro, 1))],
  ['rpm/mariner', (distro) => joined('Azure Linux', numbers(distro, 1))],
]);

/** Types of package URLs whose packages a distribution built. */
const DISTRIBUTION_TYPES = new Set(['deb', 'apk', 'rpm']);

/** Whether the package is one of a distribution, with a release and perhaps a source package. */
export function isOfDistribution(purl: Purl): boolean {
  return DISTRIBUTION_TYPES.has(purl.type);
}

/**
 * The ecosystem of a distribution's package, `Debian:12`; undefined where OSV has none. Without a release, as where the
 * qualifier `distro` is absent, it is the bare name. `fallback` is the release to take then.
 */
export function distributionOf(purl: Purl, fallback: string): string | undefined {
  const release = DISTRIBUTIONS.get(`${purl.type}/${purl.namespace.toLowerCase()}`);
  const of = (key: string): string | undefined => purl.qualifiers.get(key);
  // Syft and trivy write `distro`, Docker's tools `os_version` or `os_distro`.
  return release?.((of('distro') ?? of('os_version') ?? of('os_distro') ?? fallback).toLowerCase());
}

/** The source package that a distribution's advisories name, as syft's qualifier `upstream` has it. */
export function sourceOf(purl: Purl, version: string): { readonly name: string; readonly version: string } | undefined {
  const upstream = purl.qualifiers.get('upstream') ?? '';
  if (upstream === '') return undefined;
  if (purl.type === 'rpm') return sourceOfRpm(upstream, purl.qualifiers.get('epoch'));
  const at = upstream.lastIndexOf('@');
  return at <= 0
    ? { name: upstream, version }
    : { name: upstream.slice(0, at), version: upstream.slice(at + 1) || version };
}

const SOURCE_RPM = /^(?<name>.+)-(?<version>[^-]+-[^-]+)\.(?:no)?src\.rpm$/;

/** `openssl-3.0.7-24.el9.src.rpm`: a source has the epoch of what is built from it. */
export function sourceOfRpm(file: string, epoch: string | undefined): { name: string; version: string } | undefined {
  const { name, version } = SOURCE_RPM.exec(file)?.groups ?? {};
  return name === undefined || version === undefined ? undefined : { name, version: withEpoch(version, epoch) };
}

/** A version of rpm as it is compared: `1:3.0.7-24.el9`. */
export function withEpoch(version: string, epoch: string | undefined): string {
  return epoch === undefined || epoch === '0' || version.includes(':') || version === ''
    ? version
    : `${epoch}:${version}`;
}

function joined(name: string, release: string): string {
  return release === '' ? name : `${name}:${release}`;
}

function led(lead: string, release: string): string {
  return release === '' ? '' : `${lead}${release}`;
}

/** The first numbers of a release, at most `most` of them; a code name stands for its number. */
function numbers(distro: string, most: number): string {
  const found = /\d+(?:\.\d+)*/.exec(distro)?.[0] ?? CODENAMES.get(distro.slice(distro.lastIndexOf('-') + 1)) ?? '';
  return found.split('.').slice(0, most).join('.');
}

/** Every second April's release is supported for long, and is named so. */
function ubuntuRelease(distro: string): string {
  const release = numbers(distro, 2);
  const [year = '', month = ''] = release.split('.');
  return month === '04' && Number(year) % 2 === 0 ? `${release}:LTS` : release;
}

function openSuseRelease(distro: string): string {
  return distro.includes('tumbleweed') ? 'Tumbleweed' : led('Leap ', numbers(distro, 2));
}

function suseRelease(distro: string): string {
  const [major = '', pack = ''] = numbers(distro, 2).split('.');
  if (major === '') return '';
  return `Linux Enterprise Server ${major}${pack === '' || pack === '0' ? '' : ` SP${pack}`}`;
}
