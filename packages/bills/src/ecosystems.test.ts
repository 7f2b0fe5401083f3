import { describe, expect, it } from 'vitest';
import { packageOfPurl, purlOf } from './ecosystems.ts';

describe('the package that a package URL names', () => {
  it.each([
    ['pkg:npm/%40types/node@20.1.0', 'npm', '@types/node', '20.1.0'],
    ['pkg:pypi/Flask@1.0', 'PyPI', 'Flask', '1.0'],
    ['pkg:golang/golang.org/x/net@v0.1.0', 'Go', 'golang.org/x/net', 'v0.1.0'],
    ['pkg:golang/stdlib@1.21.5', 'Go', 'stdlib', '1.21.5'],
    ['pkg:cargo/serde@1.0.0', 'crates.io', 'serde', '1.0.0'],
    ['pkg:maven/org.slf4j/slf4j-api@2.0.0?type=jar', 'Maven', 'org.slf4j:slf4j-api', '2.0.0'],
    ['pkg:gem/rails@7.0.0', 'RubyGems', 'rails', '7.0.0'],
    ['pkg:nuget/Newtonsoft.Json@13.0.1', 'NuGet', 'Newtonsoft.Json', '13.0.1'],
    ['pkg:composer/symfony/yaml@v6.0.0', 'Packagist', 'symfony/yaml', 'v6.0.0'],
    ['pkg:github/actions/checkout@v4', 'GitHub Actions', 'actions/checkout', 'v4'],
    ['pkg:swift/github.com/apple/swift-nio@2.0.0', 'SwiftURL', 'github.com/apple/swift-nio', '2.0.0'],
    ['pkg:generic/busybox@1.36', 'generic', 'busybox', '1.36'],
    ['pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12', 'Debian:12', 'libssl3', '3.0.11-1'],
    ['pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12.4', 'Debian:12', 'libssl3', '3.0.11-1'],
    ['pkg:deb/debian/libssl3@3.0.11-1?distro=bookworm', 'Debian:12', 'libssl3', '3.0.11-1'],
    ['pkg:deb/debian/libssl3@3.0.11-1?os_distro=bookworm&os_name=debian', 'Debian:12', 'libssl3', '3.0.11-1'],
    ['pkg:deb/debian/libssl3@3.0.11-1?os_distro=x&os_version=12', 'Debian:12', 'libssl3', '3.0.11-1'],
    ['pkg:deb/debian/libssl3@3.0.11-1?distro=debian-sid', 'Debian', 'libssl3', '3.0.11-1'],
    ['pkg:deb/debian/libssl3@3.0.11-1', 'Debian', 'libssl3', '3.0.11-1'],
    ['pkg:deb/ubuntu/curl@7.81.0?distro=ubuntu-22.04', 'Ubuntu:22.04:LTS', 'curl', '7.81.0'],
    ['pkg:deb/ubuntu/curl@7.81.0?distro=jammy', 'Ubuntu:22.04:LTS', 'curl', '7.81.0'],
    ['pkg:deb/ubuntu/curl@8?distro=ubuntu-23.04', 'Ubuntu:23.04', 'curl', '8'],
    ['pkg:deb/ubuntu/curl@8?distro=ubuntu-24.10', 'Ubuntu:24.10', 'curl', '8'],
    ['pkg:deb/raspbian/curl@8?distro=raspbian-11', 'deb:raspbian', 'curl', '8'],
    ['pkg:apk/alpine/musl@1.2.4-r2?distro=alpine-3.19.1', 'Alpine:v3.19', 'musl', '1.2.4-r2'],
    ['pkg:apk/alpine/musl@1.2.4-r2?distro=3.19.1', 'Alpine:v3.19', 'musl', '1.2.4-r2'],
    ['pkg:apk/alpine/musl@1.2.4-r2?distro=edge', 'Alpine:edge', 'musl', '1.2.4-r2'],
    ['pkg:apk/alpine/musl@1.2.4-r2', 'Alpine', 'musl', '1.2.4-r2'],
    ['pkg:apk/wolfi/glibc@2.38-r1?distro=wolfi-20230201', 'Wolfi', 'glibc', '2.38-r1'],
    ['pkg:rpm/redhat/bash@5.1.8-6.el9?epoch=0&distro=rhel-9.3', 'Red Hat:enterprise_linux:9', 'bash', '5.1.8-6.el9'],
    ['pkg:rpm/rocky/vim@8.2-20.el9?epoch=2&distro=rocky-9.3', 'Rocky Linux:9', 'vim', '2:8.2-20.el9'],
    ['pkg:rpm/almalinux/vim@2:8.2-20.el9?epoch=2&distro=almalinux-9', 'AlmaLinux:9', 'vim', '2:8.2-20.el9'],
    ['pkg:rpm/opensuse/curl@8?distro=opensuse-leap-15.5', 'openSUSE:Leap 15.5', 'curl', '8'],
    ['pkg:rpm/opensuse/curl@8?distro=opensuse-tumbleweed-2024', 'openSUSE:Tumbleweed', 'curl', '8'],
    ['pkg:rpm/suse/curl@8?distro=sles-15.5', 'SUSE:Linux Enterprise Server 15 SP5', 'curl', '8'],
    ['pkg:rpm/suse/curl@8', 'SUSE', 'curl', '8'],
    ['pkg:rpm/centos/curl@7?distro=centos-7', 'rpm:centos', 'curl', '7'],
  ])('%s is of %s', (purl, ecosystem, name, version) => {
    expect(packageOfPurl(purl)).toMatchObject({ purl, ecosystem, name, version });
  });

  it.each([
    ['pkg:deb/debian/libssl3@3.0?upstream=openssl', { name: 'openssl', version: '3.0' }],
    ['pkg:deb/debian/libgcc-s1@12.2.0-14%2Bb1?upstream=gcc-12%4012.2.0-14', { name: 'gcc-12', version: '12.2.0-14' }],
    ['pkg:apk/alpine/ssl_client@1.36.1-r15?upstream=busybox', { name: 'busybox', version: '1.36.1-r15' }],
    [
      'pkg:rpm/redhat/a@3-1.el9?epoch=1&upstream=open-ssl-3.0.7-24.el9.src.rpm',
      { name: 'open-ssl', version: '1:3.0.7-24.el9' },
    ],
    ['pkg:rpm/redhat/a@3-1.el9?upstream=nonsense', undefined],
    ['pkg:npm/a@1?upstream=b', undefined],
    ['pkg:deb/debian/curl@7', undefined],
  ])('%s was built from %j', (purl, source) => {
    expect(packageOfPurl(purl)?.source).toEqual(source);
  });

  it('a release is taken from elsewhere only where the package URL says none', () => {
    expect(packageOfPurl('pkg:deb/debian/a@1', 'debian-12')?.ecosystem).toBe('Debian:12');
    expect(packageOfPurl('pkg:deb/debian/a@1?distro=debian-11', 'debian-12')?.ecosystem).toBe('Debian:11');
  });

  it.each([
    ['npm', '@types/node', '20.1.0', 'pkg:npm/%40types/node@20.1.0'],
    ['npm', 'JSONStream', '', 'pkg:npm/JSONStream'],
    ['PyPI', 'Flask', '1', 'pkg:pypi/Flask@1'],
    ['Go', 'github.com/a/b/v2', 'v2.0.0+incompatible', 'pkg:golang/github.com/a/b/v2@v2.0.0+incompatible'],
    ['Maven', 'g.h:a', '1', 'pkg:maven/g.h/a@1'],
    ['Packagist', 'a/b', 'v1', 'pkg:composer/a/b@v1'],
    ['GitHub Actions', 'a/b', 'v1', 'pkg:github/a/b@v1'],
    ['Debian:12', 'curl', '1', ''],
    ['npm', '', '1', ''],
  ])('%s %s has its package URL', (ecosystem, name, version, purl) => {
    expect(purlOf(ecosystem, name, version)).toBe(purl);
    if (purl !== '') expect(packageOfPurl(purl)).toMatchObject({ ecosystem, name, version });
  });
});
