import { expect, it } from 'vitest';
import { readGemfileLock } from './gemfile.ts';
import { readGoMod } from './go-mod.ts';
import type { LockReader } from './lock-file.ts';
import { readGradleVerification, readPom } from './maven.ts';
import { readNpmLock } from './npm.ts';
import { readConanLock, readMixLock } from './other-languages.ts';
import { readPnpmLock } from './pnpm.ts';
import { readRequirements } from './requirements.ts';
import { readLock } from './testing/read-lock.ts';
import { readYarnLock } from './yarn.ts';

/** A pattern that goes back and forth over so many would not be done before the test is given up. */
const MANY = 300_000;
const many = (text: string): string => text.repeat(MANY);
const property = (name: string, value: string): string => `<${name}>${value}</${name}>`;

const TEXTS: readonly (readonly [string, LockReader, string])[] = [
  ['a key of dots', readPnpmLock, JSON.stringify({ lockfileVersion: '6.0', packages: { [many('.')]: {} } })],
  ['a key of scopes', readPnpmLock, JSON.stringify({ lockfileVersion: '6.0', packages: { [many('/@a')]: {} } })],
  ['a version without end', readGemfileLock, `GEM\n  specs:\n    a (${many('1')}`],
  ['a gem of blanks', readGemfileLock, `GEM\n  specs:\n    ${many(' ')}`],
  ['pins of blanks', readRequirements, `a==${many(' ')}(`],
  ['a name without end', readRequirements, `${many('a.')}"`],
  ['a file of dashes', readRequirements, `./${many('a-1')}`],
  ['extras without end', readRequirements, `a${many('[')}`],
  ['many comments', readRequirements, many(' #')],
  ['an attribute without a value', readGradleVerification, `<a ${many('b')}/>`],
  ['attributes of blanks', readGradleVerification, `<a${many(' b')}/>`],
  ['comments without end', readPom, `<project>${many('<!-- ')}`],
  ['an entity without end', readPom, `<project>&${many('a')}</project>`],
  ['entities without end', readPom, `<project>${many('&#')}</project>`],
  [
    'an expression without end',
    readPom,
    `<project><dependencies><dependency><version>${many('${')}</version></dependency></dependencies></project>`,
  ],
  ['an alias of signs', readNpmLock, JSON.stringify({ dependencies: { a: { version: `npm:${many('@')}` } } })],
  ['a head of signs', readYarnLock, `${many('@')}:\n  version "1"\n`],
  ['a head of colons', readYarnLock, `a${many(':')}:\n  version "${many(' ')}\n`],
  ['words of quotes', readGoMod, `require a.b/c v1.0.0 // ${many('"')}\n${many('` ')}`],
  ['a package of quotes', readMixLock, `  "${many('a')}": {:hex, ${many(':')}`],
  ['a reference of signs', readConanLock, JSON.stringify({ requires: [many('a'), many('/'), `a/${many('@')}`] })],
];

it.each(TEXTS)('%s is read or refused, and does not last', (_what, read, text) => {
  let result = 'read';
  try {
    readLock(read, text);
  } catch (error) {
    result = (error as Error).name;
  }
  expect(['read', 'LockFileError']).toContain(result);
});

it('properties that name each other grow no further than a version can', () => {
  const names = Array.from({ length: 30 }, (_, index) => `p${index}`);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Maven's own form
  const properties = names.map((name, index) => property(name, `\${p${index + 1}}\${p${index + 1}}`)).join('');
  const long = property('long', 'x'.repeat(1000));
  const version = `\${p0}${'${long}'.repeat(100)}`;
  const dependency = property('dependency', `${property('artifactId', 'a')}${property('version', version)}`);
  const text = property('project', property('properties', properties + long) + property('dependencies', dependency));
  expect(readLock(readPom, text).packages).toMatchObject([{ name: ':a', version: '' }]);
});
