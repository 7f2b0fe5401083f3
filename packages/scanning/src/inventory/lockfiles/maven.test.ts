import { describe, expect, it } from 'vitest';
import { readGradleLock, readGradleVerification, readPom } from './maven.ts';
import { linesRead } from './testing/read-lock.ts';

const dependency = (artifact: string, version?: string): string =>
  `<dependency><groupId>g</groupId><artifactId>${artifact}</artifactId>${version === undefined ? '' : `<version>${version}</version>`}</dependency>`;
const pom = (dependencies: string, more = ''): string =>
  `<project><groupId>own</groupId>${more}<dependencies>${dependencies}</dependencies></project>`;
const BROUGHT = 'names direct dependencies only, and not what they and a parent bring';

describe('pom.xml', () => {
  it.each([
    ['1.2', 'g:a 1.2'],
    [' 1.2 ', 'g:a 1.2'],
    ['[1.2]', 'g:a 1.2'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Maven's own form
    ['${a.version}', 'g:a 3'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Maven's own form
    ['${b.version}', 'g:a 3.1'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Maven's own form
    ['${project.version}', 'g:a 7'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Maven's own form
    ['${project.parent.version}', 'g:a 7'],
  ])('fixes the version %j', (version, line) => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Maven's own form
    const properties = '<properties><a.version>3</a.version><b.version>${a.version}.1</b.version></properties>';
    const text = pom(dependency('a', version), `<parent><version>7</version></parent>${properties}`);
    expect(linesRead(readPom, text)).toEqual([line, `! lock ${BROUGHT}`]);
  });

  // biome-ignore lint/suspicious/noTemplateCurlyInString: Maven's own form
  it.each(['[1.0,2.0)', '[1,2],[3,4]', '(,1]', 'LATEST', 'RELEASE', '${unknown}', '${loop}', ''])(
    'fixes no version with %j, and says so',
    (version) => {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Maven's own form
      const text = pom(dependency('a', version), '<properties><loop>${loop}${loop}</loop></properties>');
      expect(linesRead(readPom, text)).toEqual(['g:a ', `! lock ${BROUGHT}; it fixes no version of g:a`]);
    },
  );

  it('lists what is managed, which gives its version to what says none', () => {
    const managed = `<dependencyManagement><dependencies>${dependency('a', '1')}${dependency('b', '2')}${dependency('c', '3')}</dependencies></dependencyManagement>`;
    const text = pom(`${dependency('a')}${dependency('b', '2.1')}${dependency('c', '[3,4]')}`, managed);
    expect(linesRead(readPom, text).slice(0, -1)).toEqual(['g:a 1', 'g:b 2.1', 'g:c ']);
  });

  it('is refused when it is another text', () => {
    expect(() => linesRead(readPom, '<html/>')).toThrow('is no pom.xml: it has no project');
  });
});

describe('lock files of Gradle', () => {
  it('list a dependency a line, and name lines that are none', () => {
    const text = '# comment\ng:a:1.0=compileClasspath,runtimeClasspath\nnonsense\nempty=annotationProcessor\n';
    expect(linesRead(readGradleLock, text)).toEqual(['g:a 1.0', '! lock: line 3 is no dependency']);
  });

  it('list what is verified', () => {
    const text =
      '<v:m xmlns:v="u"><v:components><component group="g" name="a" version="1"><artifact/></component></v:components></v:m>';
    expect(linesRead(readGradleVerification, text)).toEqual(['g:a 1']);
  });
});
