import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FolderRules, isIgnored, parseIgnoreRules } from './ignore-rules.ts';

/** The files that are left over in a tree, found as a walk does: nothing is asked for below a folder that is left out. */
function kept(ignoreFiles: Readonly<Record<string, string>>, files: readonly string[]): readonly string[] {
  const all: readonly FolderRules[] = Object.entries(ignoreFiles).map(([folder, text]) => ({
    folder,
    rules: parseIgnoreRules(text),
  }));
  const around = (path: string): readonly FolderRules[] =>
    all
      .filter(({ folder }) => folder === '' || path.startsWith(`${folder}/`))
      .toSorted((a, b) => a.folder.length - b.folder.length);
  return files.filter((file) => {
    const parts = file.split('/');
    const folders = parts.slice(1).map((_, depth) => parts.slice(0, depth + 1).join('/'));
    return !folders.some((folder) => isIgnored(around(folder), folder, true)) && !isIgnored(around(file), file, false);
  });
}

describe('ignore rules', () => {
  it.each([
    ['*.log', ['a.log', 'b/c.log'], ['a.txt', 'b/log']],
    ['/a', ['a'], ['b/a']],
    ['a/b', ['a/b'], ['c/a/b']],
    ['build/', ['build/x', 'a/build/y'], ['c/build']],
    ['**/x', ['x', 'a/x', 'a/b/x'], ['xy']],
    ['a/**', ['a/x', 'a/b/c'], ['b/a/x']],
    ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a/x']],
    ['a*c', ['abc', 'ac'], ['ab/c']],
    ['[a-c]x', ['ax', 'd/bx'], ['dx']],
    ['[!a]x', ['bx'], ['ax']],
    ['[[:digit:]]', ['1'], ['a']],
    ['[]x]', [']', 'x'], ['y']],
    ['\\#a', ['#a'], ['a']],
    ['\\!a', ['!a'], ['a']],
    ['a\\ ', ['a '], ['a']],
    ['a  ', ['a'], ['a  ']],
    ['*\n!keep', ['a'], ['keep']],
    ['d\n!d/keep', ['d/keep'], []],
    ['d/*\n!d/keep', ['d/a'], ['d/keep']],
    ['# a\n\n  ', [], ['a', '# a']],
    ['a[', [], ['a[', 'a']],
    ['a\\', [], ['a', 'a\\']],
    ['a\r\nb', ['a', 'b'], ['c']],
  ])('%j', (text, left, stay) => {
    expect(kept({ '': text }, [...left, ...stay])).toEqual(stay);
  });

  it('of a folder go before those of the folders around it, in both ways', () => {
    const rules = { '': '*.log\nbuild/\n', app: '!keep.log\n!build/\n*.tmp\n' };
    const files = [
      'a.log',
      'a.tmp',
      'build/x',
      'app/a.log',
      'app/keep.log',
      'app/b.tmp',
      'app/build/x',
      'app/build/x.log',
    ];
    expect(kept(rules, files)).toEqual(['a.tmp', 'app/keep.log', 'app/build/x']);
  });

  it('take a slash in a class for a character of it', () => {
    expect(kept({ '': '[a/[^b]*\n' }, ['a/a', 'b/a', 'c'])).toEqual(['c']);
  });

  it('hold bytes against patterns, as git does', () => {
    expect(kept({ '': '?\n[!a]x\né*\n' }, ['é', 'éx', 'ü', 'b', 'ê/ab'])).toEqual(['ü', 'ê/ab']);
  });

  it('take no time to speak of for a pattern that is made to take it', () => {
    expect(
      kept({ '': `${'*a'.repeat(60)}b\n${'**/a/'.repeat(60)}b` }, ['a'.repeat(200), `${'a/'.repeat(120)}c`]),
    ).toHaveLength(2);
  });
});

describe('ignore rules and git itself', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'carto-ignore-'));
    execFileSync('git', ['init', '--quiet', root]);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const name = fc.constantFrom('a', 'b', 'ab', 'a.b', 'A', '-', ']', ' b', 'é');
  const piece = fc.constantFrom(
    'a',
    'b',
    'ab',
    '*',
    '**',
    '?',
    '*b',
    'a*',
    '[ab]',
    '[!a]',
    '[^b]*',
    '[]-]',
    '\\a',
    'A',
    '[[:alpha:]]',
    '*.b',
    '[a',
    '[a/]',
    'é',
    ' b',
  );
  const line = fc
    .tuple(
      fc.constantFrom('', '!'),
      fc.constantFrom('', '/'),
      fc.array(piece, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', '/', ' '),
    )
    .map(([negated, anchor, pieces, end]) => `${negated}${anchor}${pieces.join('/')}${end}`);
  const rules = fc.array(line, { maxLength: 4 }).map((lines) => `${lines.join('\n')}\n`);
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));

  it('leave the same files over, whatever the rules and wherever they stand', () => {
    fc.assert(
      fc.property(rules, rules, fc.uniqueArray(path, { minLength: 1, maxLength: 8 }), (outer, inner, paths) => {
        const files = paths.filter((each) => !paths.some((other) => other.startsWith(`${each}/`)));
        const ignoreFiles = { '': outer, a: inner };
        const tree = mkdtempSync(join(root, 'tree-'));
        for (const file of files) {
          mkdirSync(dirname(join(tree, file)), { recursive: true });
          writeFileSync(join(tree, file), '');
        }
        for (const [folder, text] of Object.entries(ignoreFiles)) {
          if (folder !== '' && !files.some((file) => file.startsWith(`${folder}/`))) continue;
          writeFileSync(join(tree, folder, '.gitignore'), text);
        }
        const listed = execFileSync(
          'git',
          ['-C', tree, 'ls-files', '-z', '--others', '--exclude-per-directory=.gitignore'],
          {
            encoding: 'utf8',
          },
        );
        const byGit = listed.split('\0').filter((file) => files.includes(file));
        rmSync(tree, { recursive: true });
        expect([...kept(ignoreFiles, files)].toSorted()).toEqual(byGit.toSorted());
      }),
      { numRuns: 80 },
    );
  });
});
