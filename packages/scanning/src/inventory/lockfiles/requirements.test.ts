import { describe, expect, it } from 'vitest';
import { readRequirements } from './requirements.ts';
import { linesRead, readLock } from './testing/read-lock.ts';

describe('requirements', () => {
  it.each([
    ['Flask==1.0', 'Flask 1.0'],
    ['zope.interface == 5.0.0', 'zope.interface 5.0.0'],
    ['a===1.0', 'a 1.0'],
    ['a[x, y]==1.0', 'a 1.0'],
    ['a==1.0;python_version<"3"', 'a 1.0'],
    ['a==1.0 ; python_version >= "3" and sys_platform == "linux"', 'a 1.0'],
    ['a (==1.0)', 'a 1.0'],
    ['a>=0.9,==1.0', 'a 1.0'],
    ['a==1!2.0.post1+local', 'a 1!2.0.post1+local'],
    ['a==1.0 # ==2.0', 'a 1.0'],
    ['a==1.0 --hash=sha256:abc --hash=sha256:def', 'a 1.0'],
    ['a==1.0 \\\n    --hash=sha256:abc', 'a 1.0'],
    ['a @ https://example.com/a-1.0-py3-none-any.whl', 'a 1.0'],
    ['https://example.com/my_lib-1.0.tar.gz#sha256=abc', 'my_lib 1.0'],
    ['./wheels/my-lib-1.0%2Bb-cp311-cp311-linux_x86_64.whl', 'my-lib 1.0+b'],
  ])('%j pins %s', (text, line) => {
    expect(linesRead(readRequirements, text)).toEqual([line]);
  });

  it.each([
    ['a', 'a'],
    ['a>=1.0', 'a'],
    ['a~=1.0 ; python_version == "3.8"', 'a'],
    ['a==1.*', 'a'],
    ['a!=1.0', 'a'],
    ['a @ git+https://example.com/a.git@v1', 'a'],
    ['-e git+https://example.com/a.git@v1#egg=a', 'a'],
    ['--editable=git+https://example.com/a.git#egg=a&subdirectory=b', 'a'],
  ])('%j names %s and pins nothing, and so says the source', (text, name) => {
    expect(linesRead(readRequirements, text)).toEqual([`${name} `, `! lock pins no version of ${name}`]);
  });

  it.each(['-e .', './lib', '../lib', '/opt/lib', 'https://example.com/main.zip', 'a b c', '==1.0'])(
    '%j names nothing',
    (text) => {
      const [line, ...others] = linesRead(readRequirements, text);
      expect(line).toMatch(/^! lock: .* says neither name nor version of a package$/);
      expect(others).toEqual([]);
    },
  );

  it('leave out options, constraints, comments and empty lines', () => {
    const text = '# a==1\n\n-i https://example.com\n--no-binary :all:\n-c constraints.txt\n  \n--pre\n';
    expect(linesRead(readRequirements, text)).toEqual([]);
  });

  it('tell at most ten names of those that are not pinned', () => {
    const names = Array.from({ length: 12 }, (_, index) => `p${String(index).padStart(2, '0')}`);
    expect(linesRead(readRequirements, names.join('\n')).at(-1)).toBe(
      '! lock pins no version of p00, p01, p02, p03, p04, p05, p06, p07, p08, p09 and 2 more',
    );
  });

  it('include other files by their path, each once, and name what is not there', () => {
    const others = { 'base/a.txt': 'a==1\n-r ../b.txt', 'b.txt': 'b==2\n-r base/a.txt\n-r lock' };
    expect(linesRead(readRequirements, '-r base/a.txt\n--requirement b.txt\n-r c.txt', others)).toEqual([
      'a 1',
      'b 2',
      '! lock: -r c.txt is not in the source',
    ]);
  });

  it('say in which of the files a package stands', () => {
    const { packages } = readLock(readRequirements, '-r x.txt', 'web/requirements.txt', { 'web/x.txt': 'a==1' });
    expect(packages[0]?.places).toEqual(['web/x.txt']);
  });

  it('name a line that is longer than any real one', () => {
    expect(linesRead(readRequirements, `a==1${' '.repeat(8187)};`)).toEqual(['a 1']);
    expect(linesRead(readRequirements, `a==1${' '.repeat(8188)};`)).toEqual([
      `! lock: a==1${' '.repeat(46)}… is a line of more than 8192 characters`,
    ]);
  });
});
