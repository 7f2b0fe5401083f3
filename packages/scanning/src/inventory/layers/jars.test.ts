import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { type PackedFile, packZip } from '../../advisories/testing/pack-zip.ts';
import { jarPackagesAt } from './jar-packages.ts';
import { JAR_LIMITS, type JarLimits, readJar } from './jars.ts';

const { signal } = new AbortController();
const MANIFEST = 'META-INF/MANIFEST.MF';

type Files = Readonly<Record<string, string | Buffer>>;

const jar = (files: Files): Buffer =>
  packZip(Object.entries(files).map(([name, bytes]): PackedFile => ({ name, bytes })));
const pom = (group: string, artifact: string, version: string): Files => ({
  [`META-INF/maven/${group}/${artifact}/pom.properties`]: `#Generated\r\ngroupId=${group}\r\nartifactId = ${artifact}\r\nversion: ${version}\r\n`,
});

/** What a jar gives, in one line each: place, name and version, and after `!` what is unread and why. */
async function linesOf(path: string, bytes: Buffer, limits: Partial<JarLimits> = {}): Promise<readonly string[]> {
  const { packages, unread } = jarPackagesAt(path, await readJar(bytes, signal, { ...JAR_LIMITS, ...limits }));
  return [
    ...packages.map(({ place, name, version }) => `${place} ${name} ${version}`.trim()),
    ...unread.map(({ what, why }) => `! ${what} ${why}`),
  ];
}

/** Archives within archives. */
function nest(depth: number): Buffer {
  let inner = jar(pom('g', 'innermost', '1'));
  for (let level = 0; level < depth; level += 1) inner = jar({ 'a.jar': inner });
  return inner;
}

describe('a jar', () => {
  it.each<[string, string, Files, readonly string[]]>([
    ['by the notes of Maven', 'x/a-1.jar', pom('g.h', 'a', '1'), ['x/a-1.jar g.h:a 1']],
    [
      'with what else is unpacked in it',
      'uber.jar',
      { ...pom('g', 'uber', '1'), ...pom('com.google.guava', 'guava', '29.0-jre') },
      ['uber.jar g:uber 1', 'uber.jar com.google.guava:guava 29.0-jre'],
    ],
    [
      'by its own name beside what is unpacked in it',
      'app-2.0.jar',
      pom('g', 'other', '1'),
      ['app-2.0.jar g:other 1', 'app-2.0.jar app 2.0'],
    ],
    [
      'though it was renamed',
      'commons-io.jar',
      pom('commons-io', 'commons-io', '2.11.0'),
      ['commons-io.jar commons-io:commons-io 2.11.0'],
    ],
    [
      'though its name is written otherwise',
      'geronimo-annotation-1.3-spec.jar',
      pom('g', 'geronimo-annotation_1.3_spec', '1.3'),
      ['geronimo-annotation-1.3-spec.jar g:geronimo-annotation_1.3_spec 1.3'],
    ],
    ['without a version that is not filled in', 'a.jar', pom('g', 'a', '${project.version}'), ['a.jar g:a']],
    ['by its file name', 'jsr305-0.1~+svn49.jar', {}, ['jsr305-0.1~+svn49.jar jsr305 0.1~+svn49']],
    ['by nothing but a name', 'lib.jar', {}, ['lib.jar lib']],
    ['by its manifest', 'lib.jar', { [MANIFEST]: 'Implementation-Version: 1.2\n' }, ['lib.jar lib 1.2']],
    [
      'by a manifest whose lines are broken',
      'lib.jar',
      { [MANIFEST]: 'Bundle-Version: 1.2\r\n .3\r\n\r\nName: x\r\nBundle-Version: 9\r\n' },
      ['lib.jar lib 1.2.3'],
    ],
    [
      'by the name of a bundle that ends with its own',
      'jackson-core-2.9.jar',
      { [MANIFEST]: 'Bundle-SymbolicName: com.fasterxml.jackson-core;singleton:=true\n' },
      ['jackson-core-2.9.jar com.fasterxml:jackson-core 2.9'],
    ],
    [
      'by the name of a bundle in which a word is left out',
      'commons-lang3-3.12.0.jar',
      { [MANIFEST]: 'Bundle-SymbolicName: org.apache.commons.lang3\n' },
      ['commons-lang3-3.12.0.jar org.apache.commons:commons-lang3 3.12.0'],
    ],
    [
      'by the id of its vendor',
      'a-1.jar',
      { [MANIFEST]: 'Implementation-Vendor-Id: org.example.a\n' },
      ['a-1.jar org.example.a:a 1'],
    ],
    [
      'that is widely known',
      'spring-beans-5.3.17.jar',
      {},
      ['spring-beans-5.3.17.jar org.springframework:spring-beans 5.3.17'],
    ],
    [
      'with archives in it',
      'app.war',
      {
        ...pom('g', 'app', '1'),
        'WEB-INF/lib/a-1.jar': jar({ ...pom('g', 'a', '1'), 'x.jar': jar(pom('g', 'x', '3')) }),
      },
      ['app.war g:app 1', 'app.war/WEB-INF/lib/a-1.jar g:a 1', 'app.war/WEB-INF/lib/a-1.jar/x.jar g:x 3'],
    ],
  ])('is known %s', async (_name, path, files, expected) => {
    expect(await linesOf(path, jar(files))).toEqual(expected);
  });

  it('is read as deep as the limit, and no deeper', async () => {
    const { depth } = JAR_LIMITS;
    expect(await linesOf('a.jar', nest(depth))).toContainEqual(expect.stringMatching(/ g:innermost 1$/));
    const deeper = await linesOf('a.jar', nest(20));
    expect(deeper.filter((line) => line.startsWith('!'))).toEqual([
      `! a.jar${'/a.jar'.repeat(depth + 1)} lies more than 5 archives deep`,
    ]);
  });

  const one = jar(pom('g', 'a', '1'));
  const two = jar({ 'a.jar': one, 'b.jar': jar(pom('g', 'b', '1')) });
  it.each<[string, Buffer, Partial<JarLimits>, string]>([
    ['archives', two, { archives: 1 }, '! x.jar/b.jar is beyond the 1 archives that are read in one file'],
    ['files', two, { entries: 1 }, '! x.jar has 2 files; 1 are the most that are read'],
    ['files in all', two, { totalEntries: 3 }, '! x.jar/b.jar is beyond the 3 files that are read in one file'],
    ['bytes', two, { totalBytes: 2 * one.length - 1 }, '! x.jar/b.jar is beyond what is unpacked of one file'],
    ['bytes of one', two, { archiveBytes: one.length - 1 }, '! x.jar/a.jar is larger than'],
    [
      'bytes of a text',
      jar({ [MANIFEST]: Buffer.alloc(1024 * 1024 + 1, 'a') }),
      {},
      '! x.jar/META-INF/MANIFEST.MF is larger than 1 MiB',
    ],
    ['a bomb', jar({ 'a.jar': Buffer.alloc(50_000_000) }), {}, '! x.jar/a.jar unpacks to 200 times its size'],
  ])('beyond the limit of %s is told, and the rest is read', async (_name, bytes, limits, says) => {
    expect((await linesOf('x.jar', bytes, limits)).filter((line) => line.startsWith(says))).toHaveLength(1);
  });

  it('is read at each limit', async () => {
    const limits = { archives: 2, entries: 2, totalEntries: 4, totalBytes: 2 * (one.length + 100) };
    expect(await linesOf('x.jar', two, limits)).toEqual(['x.jar x', 'x.jar/a.jar g:a 1', 'x.jar/b.jar g:b 1']);
  });

  it('that starts itself is read behind its script', async () => {
    const bytes = Buffer.concat([Buffer.from('#!/bin/sh\nexec java -jar $0\n'), jar(pom('g', 'a', '1'))]);
    expect(await linesOf('a.jar', bytes)).toEqual(['a.jar g:a 1']);
  });

  it('that is none is told, and does not count as a package', async () => {
    expect(await linesOf('x.jar', Buffer.from('<html>'.repeat(50)))).toEqual([
      expect.stringContaining('! x.jar is cut off, or no zip archive'),
    ]);
  });

  it('with a damaged archive in it is read besides', async () => {
    const bytes = jar({ ...pom('g', 'a', '1'), 'b.jar': Buffer.from('damaged') });
    expect(await linesOf('a.jar', bytes)).toEqual(['a.jar g:a 1', expect.stringContaining('! a.jar/b.jar')]);
  });

  it('is left when nobody waits for it any more', async () => {
    await expect(readJar(two, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  });
});
