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
    ['a@https://example.com/a-1.0.zip ; python_version < "3"', 'a 1.0'],
    ['a @ a-1.0.zip', 'a 1.0'],
    ['a@a-1.0.zip', 'a 1.0'],
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

  it.each([
    [10, 'p00, p01, p02, p03, p04, p05, p06, p07, p08, p09'],
    [11, 'p00, p01, p02, p03, p04, p05, p06, p07, p08, p09 and 1 more'],
  ])('tell at most ten names of %d that are not pinned, in order', (count, shown) => {
    const names = Array.from({ length: count }, (_, index) => `p${String(index).padStart(2, '0')}`);
    expect(linesRead(readRequirements, names.toReversed().join('\n')).at(-1)).toBe(
      `! lock pins no version of ${shown}`,
    );
  });

  it('include other files by their path', () => {
    const { includes } = readLock(
      readRequirements,
      '-r x.txt\n--requirement ../y.txt\n-r=z.txt',
      'web/requirements.txt',
    );
    expect(includes).toEqual([
      { written: '-r x.txt', path: 'web/x.txt' },
      { written: '-r ../y.txt', path: 'y.txt' },
      { written: '-r z.txt', path: 'web/z.txt' },
    ]);
  });

  it('keep no name and no password of an address', () => {
    const text = 'a @ git+https://user:secret@example.com/a.git\nhttps://token@example.com/main.zip';
    const { packages, unread } = readLock(readRequirements, text);
    expect(packages[0]?.purl).toBe('pkg:pypi/a?vcs_url=git%2Bhttps%3A%2F%2Fexample.com%2Fa.git');
    expect(unread[0]?.what).toBe('lock: https://example.com/main.zip');
  });

  it('name a line that is longer than any real one', () => {
    const hashes = ` --hash=sha256:${'0'.repeat(64)}`.repeat(200);
    expect(linesRead(readRequirements, `a==${'1'.repeat(8189)}${hashes}`)).toEqual([`a ${'1'.repeat(8189)}`]);
    expect(linesRead(readRequirements, `a==${'1'.repeat(8190)}${hashes}`)).toEqual([
      `! lock: a==${'1'.repeat(47)}… is a line of more than 8192 characters`,
    ]);
  });
});
