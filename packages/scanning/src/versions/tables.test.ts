import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { orderOf } from './ecosystems.ts';

/** Versions of an ecosystem from the lowest to the highest; those of one line are equal. */
type Ladder = { readonly from: string; readonly ecosystem: string; readonly steps: readonly (readonly string[])[] };

const one = (...versions: readonly string[]): readonly (readonly string[])[] => versions.map((version) => [version]);

const LADDERS: readonly Ladder[] = [
  {
    from: 'semver 2.0, section 11',
    ecosystem: 'npm',
    steps: [
      ['0'],
      ...one('1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11'),
      ...one('1.0.0-rc.1'),
      ['1.0.0', 'v1.0.0', '=1.0.0', '1.0', '1', '1.0.0+build.5', ' 1.0.0 '],
      ...one('2.0.0', '2.1.0', '2.1.1', '2.1.10'),
    ],
  },
  {
    from: 'the RustSec database, whose borders end in -0',
    ecosystem: 'crates.io',
    steps: one('0.0.0-0', '0.0.0-alpha', '0.0.0', '0.3.1-0', '0.3.1-0-rc.1', '0.3.1-rc.1', '0.3.1', '0.3.2-0', '0.3.2'),
  },
  {
    from: 'the reference of Go modules, "Versions" and "Pseudo-versions"',
    ecosystem: 'Go',
    steps: [
      ['v0.0.0-20191109021931-daa7c04131f5', '0.0.0-20191109021931-daa7c04131f5'],
      ['v0.0.0-20200101000000-abcdefabcdef'],
      ['v0.0.0'],
      ['v1.2.3-pre'],
      ['v1.2.3-pre.0.20191109021931-daa7c04131f5'],
      ['v1.2.3'],
      ['v1.2.4-0.20191109021931-daa7c04131f5'],
      ['v1.2.4'],
      ['v8.0.5+incompatible', '8.0.5'],
    ],
  },
  {
    from: 'the Go vulnerability database, on Go itself',
    ecosystem: 'Go',
    steps: [
      ['1.21.0-0'],
      ['go1.21beta1', '1.21.0-beta.1'],
      ['go1.21rc2', '1.21rc2', '1.21.0-rc.2'],
      ['go1.21', 'go1.21.0', '1.21.0', '1.21'],
      ['go1.21.3 X:boringcrypto', '1.21.3'],
      ['go1.22'],
    ],
  },
  {
    from: 'PEP 440, "Summary of permitted suffixes and relative ordering", and its examples',
    ecosystem: 'PyPI',
    steps: [
      ...one('1.dev0', '1.0.dev456', '1.0a1', '1.0a2.dev456', '1.0a12.dev456', '1.0a12', '1.0b1.dev456', '1.0b2'),
      ...one('1.0b2.post345.dev456', '1.0b2.post345', '1.0rc1.dev456'),
      ['1.0rc1', '1.0c1', '1.0-RC.1', '1.0pre1'],
      ['1.0', '1', '1.0.0', 'v1.0', ' 1.0\n'],
      ...one('1.0+abc.5', '1.0+abc.7', '1.0+5'),
      ['1.0.post456.dev34'],
      ['1.0.post456', '1.0-456', '1.0.rev456'],
      ...one('1.0.15', '1.1.dev1', '2013.10', '1!0.1'),
    ],
  },
  {
    from: 'Maven\'s POM reference, "Version Order Specification"',
    ecosystem: 'Maven',
    steps: [
      ['1-alpha-1', '1-a1', '1.0-alpha1', '1ALPHA1'],
      ['1-beta-1', '1b1'],
      ['1-milestone-1', '1m1'],
      ['1-rc-1', '1-cr1', '1.0.RC1'],
      ['1-SNAPSHOT'],
      ['1', '1.0', '1.0.0', '1-ga', '1.Final', '1.0.0-final', '1.0.0.RELEASE', '1.', '1-'],
      ['1-sp'],
      ['1-foo'],
      ['1-1', '1.0-1'],
      ['1.1-alpha'],
      ['1.1'],
      ['1.1.1'],
      ['1.10'],
      ['2.0-jre', '2-JRE'],
    ],
  },
  {
    from: 'the documentation of Gem::Version',
    ecosystem: 'RubyGems',
    steps: [
      ...one('0.0.beta', '1.0.a.2', '1.0.a10', '1.0.b1', '1.0-1', '1.0.rc1'),
      ['1', '1.0', '1.0.0', '1.0.0-x86_64-linux', '1.0-java'],
      ...one('1.0.1.pre', '1.0.1', '1.9', '1.10', '2.0'),
    ],
  },
  {
    from: 'NuGet\'s documentation, "Package versioning"',
    ecosystem: 'NuGet',
    steps: [
      ['1.0.1-alpha', '1.0.1-ALPHA'],
      ['1.0.1-alpha.2'],
      ['1.0.1-alpha.10'],
      ['1.0.1-alpha10'],
      ['1.0.1-alpha2'],
      ['1.0.1-beta'],
      ['1.0.1-rc.1'],
      ['1.0.1', '1.00.1', '1.0.01.0', '1.0.1+metadata'],
      ['1.0.1.1'],
      ['1.0.2'],
      ['1.0.10'],
    ],
  },
  {
    from: 'Composer\'s documentation, "Versions and constraints"',
    ecosystem: 'Packagist',
    steps: [
      ['1.0.0-dev'],
      ['1.0.0-alpha', '1.0.0a'],
      ['1.0.0-alpha2', '1.0-a.2'],
      ['1.0.0-beta1', 'v1.0b1'],
      ['1.0.0-RC1', '1.0.0-rc1'],
      ['1.0.0', '1', 'v1.0', '1.0.0.0', '1.0.0-stable'],
      ['1.0.0-patch1', '1.0.0-p1', '1.0.0pl1'],
      ['1.0.1'],
      ['1.0.x-dev'],
      ['1.1.0'],
      ['1.x-dev'],
      ['2.0'],
    ],
  },
  {
    from: 'deb-version(7) and the Debian policy, section 5.6.12',
    ecosystem: 'Debian:12',
    steps: [
      ...one('1.0~~', '1.0~~a', '1.0~', '1.0~beta1~svn1245', '1.0~beta1'),
      ['1.0', '1.0-0', '0:1.0'],
      ...one('1.0-1~bpo1', '1.0-1', '1.0-1ubuntu1', '1.0-1+deb12u1', '1.0-10', '1.0a', '1.0+dfsg-1', '1.0.1', '1:0.1'),
    ],
  },
  {
    from: "apk-tools' own table of versions",
    ecosystem: 'Alpine:v3.20',
    steps: [
      ...one('1.0_alpha', '1.0_alpha1', '1.0_alpha2', '1.0_beta', '1.0_pre2', '1.0_rc1'),
      ['1.0'],
      ...one('1.0-r0', '1.0-r1', '1.0-r10', '1.0_p1', '1.0_p1-r1', '1.0_p10', '1.0a', '1.0b', '1.0.1', '1.01', '1.1'),
      ...one('1.9', '1.10', '2.0', '2.0~1234abc', '2.0_git20200101'),
    ],
  },
  {
    from: 'rpm\'s documentation, "Dependency versioning"',
    ecosystem: 'Red Hat',
    steps: [
      ...one('0.9', '1.0~alpha', '1.0~rc1', '1.0~rc1^git1'),
      ['1.0', '0:1.0', '1_0', '1.00'],
      ['1.0-1.el9'],
      ['1.0-1.el9_2'],
      ['1.0-10.el9', '0:1.0-10.el9'],
      ...one('1.0^20200101', '1.0a', '1.0.1', '1.5', '1.10', '2.0', '1:0.1'),
    ],
  },
];

describe.each(LADDERS)('versions of $ecosystem', ({ from, ecosystem, steps }) => {
  it(`stand in the order of ${from}`, () => {
    const flat = steps.flatMap((versions, step) => versions.map((version) => ({ version, step })));
    const wrong = flat.flatMap((left) =>
      flat
        .filter((right) => {
          const order = orderOf(ecosystem)?.compare(left.version, right.version) ?? Number.NaN;
          return Math.sign(order) !== Math.sign(left.step - right.step);
        })
        .map((right) => `${left.version} against ${right.version}`),
    );
    expect(wrong).toEqual([]);
  });
});

it.each([
  ['npm', '1.2.3.4'],
  ['npm', 'latest'],
  ['npm', '99999999999999999999.0.0'],
  ['Go', '(devel)'],
  ['PyPI', '2004d'],
  ['PyPI', '1.0-final-build'],
  ['RubyGems', '1.0_a'],
  ['NuGet', '1.2.3.4.5'],
  ['Packagist', 'dev-main'],
  ['Debian:12', '1.0 beta'],
  ['Debian:12', 'x:1.0'],
  ['Debian:12', '1-'],
  ['Alpine:v3.20', '1.0_strange1'],
  ['Alpine:v3.20', 'v1.0'],
  ['Red Hat', '1.0-1-1'],
  ['Red Hat', 'a b'],
])('of %s, %s is no version', (ecosystem, version) => {
  expect(orderOf(ecosystem)?.canRead(version)).toBe(false);
  expect(orderOf(ecosystem)?.compare('1', version)).toBeUndefined();
});

const dpkgIsThere = spawnSync('sh', ['-c', 'command -v dpkg']).status === 0;

it.skipIf(!dpkgIsThere)('versions of Debian stand in the order of dpkg itself', () => {
  const versions = [
    '1',
    '1.0',
    '1.0-1',
    '1.0~rc1-1',
    '1.0+b1',
    '1:0',
    '1.0-1+deb12u2',
    '1.0a',
    '01.0',
    '1.0.~',
    '1-a-1',
    '2~a+z',
  ];
  const pairs = versions.flatMap((left, at) => versions.slice(at).map((right) => [left, right] as const));
  const script =
    'while read a b; do dpkg --compare-versions "$a" lt "$b" && echo -1 && continue; dpkg --compare-versions "$a" eq "$b" && echo 0 || echo 1; done';
  const input = pairs.map((pair) => `${pair.join(' ')}\n`).join('');
  const answers = spawnSync('sh', ['-c', script], { input, encoding: 'utf8' }).stdout.trim().split('\n');
  const ours = pairs.map(([left, right]) => String(Math.sign(orderOf('Debian')?.compare(left, right) ?? Number.NaN)));
  expect(ours.map((order, at) => `${pairs[at]?.join(' ')} ${order}`)).toEqual(
    answers.map((order, at) => `${pairs[at]?.join(' ')} ${order}`),
  );
});
