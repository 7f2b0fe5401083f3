import { describe, expect, it } from 'vitest';
import { coversEcosystem, ecosystemKey, isDistribution, orderOf, packageKey } from './ecosystems.ts';

describe('names of packages', () => {
  it.each([
    ['PyPI', 'Zope.Interface', 'zope_interface'],
    ['PyPI', 'a--b', 'A.b'],
    ['crates.io', 'Serde_json', 'serde-json'],
    ['NuGet', 'Newtonsoft.Json', 'newtonsoft.json'],
    ['Packagist', 'Symfony/HTTP-Kernel', 'symfony/http-kernel'],
  ])('of %s, %s and %s are one', (ecosystem, name, other) => {
    expect(packageKey(ecosystem, name)).toBe(packageKey(ecosystem, other));
  });

  it.each([
    ['npm', 'JSONStream', 'jsonstream'],
    ['Go', 'github.com/Masterminds/semver', 'github.com/masterminds/semver'],
    ['Maven', 'org.a:b', 'org.A:b'],
    ['RubyGems', 'RedCloth', 'redcloth'],
    ['Debian', 'a', 'A'],
    ['PyPI', 'ab', 'a-b'],
  ])('of %s, %s and %s are two', (ecosystem, name, other) => {
    expect(packageKey(ecosystem, name)).not.toBe(packageKey(ecosystem, other));
  });

  it('are found whatever the release, and never in another ecosystem', () => {
    expect(packageKey('Debian:12', 'curl')).toBe(packageKey('Debian', 'curl'));
    expect(packageKey('Debian:12', 'curl')).not.toBe(packageKey('Alpine:v3.20', 'curl'));
    expect(packageKey('Red Hat', 'x')).not.toBe(packageKey('Red', 'Hat x'));
  });
});

describe('releases', () => {
  it.each([
    ['Debian:12', 'Debian:12', true],
    ['Debian:11', 'Debian:12', false],
    ['Debian:1', 'Debian:12', false],
    ['Debian', 'Debian:12', true],
    ['Debian:12', 'Debian', false],
    ['Ubuntu:22.04:LTS', 'Ubuntu:22.04', true],
    ['Ubuntu:Pro:22.04:LTS', 'Ubuntu:22.04:LTS', false],
    ['Alpine:v3.20', 'Alpine:v3.2', false],
    ['Red Hat:enterprise_linux:9::baseos', 'Red Hat:9', true],
    ['Red Hat:rhel_eus:8.6::appstream', 'Red Hat:8', true],
    ['Red Hat:enterprise_linux:9::baseos', 'Red Hat:8', false],
    ['Maven:https://maven.example.com/maven2', 'Maven', true],
    ['npm', 'PyPI', false],
  ])('a record for %s speaks of %s: %s', (ofRecord, ofPackage, answer) => {
    expect(coversEcosystem(ofRecord, ofPackage)).toBe(answer);
  });

  it('are part of the key of a distribution alone', () => {
    expect(ecosystemKey('Ubuntu:22.04:LTS')).toBe('Ubuntu:22.04');
    expect(ecosystemKey('Maven:https://maven.example.com/maven2')).toBe('Maven');
    expect([isDistribution('Wolfi'), isDistribution('npm'), isDistribution('Strange:1')]).toEqual([true, false, false]);
  });
});

it('has no order for ecosystems that it does not know', () => {
  expect(['GIT', 'toString', '', 'Hackage'].map((name) => orderOf(name))).toEqual(Array(4).fill(undefined));
});
