import { describe, expect, it } from 'vitest';
import { createSourceFilter } from './source-ignore.ts';

const kept = (rules: string | undefined, ...paths: readonly string[]): readonly string[] => {
  const isLeftOut = createSourceFilter([], rules);
  return paths.filter((path) => !isLeftOut(path.replace(/\/$/, ''), path.endsWith('/')));
};

describe('the source filter', () => {
  it('leaves out version control, CI and media files by default', () => {
    const paths = [
      '.gitignore',
      '.github/',
      '.github/x.yml',
      'a.png',
      'deep/b.zip',
      'deep/.flux.yaml',
      'main.js',
      'deep/',
    ];
    expect(kept(undefined, ...paths)).toEqual(['main.js', 'deep/']);
  });

  it('drops the defaults but not version control as soon as there is one rule', () => {
    expect(kept('docs/', '.gitignore', 'a.png', 'docs/', 'docs/a', 'x')).toEqual(['a.png', 'x']);
    expect(kept('# nothing\n\n', 'a.png')).toEqual([]);
  });

  it('brings a path back although its parent is out, as Flux does and git does not', () => {
    expect(kept('/*\n!/sub', 'a.txt', 'sub/', 'sub/b.txt', 'other/', 'other/x')).toEqual(['sub/', 'sub/b.txt']);
    expect(kept('/*\n!/a/b', 'a/', 'a/b/', 'a/b/c', 'a/x')).toEqual(['a/b/', 'a/b/c']);
  });

  it.each([
    ['*.md', 'docs/a.md', false],
    ['/*.md', 'docs/a.md', true],
    ['/deploy/**/*.md', 'deploy/x/y/a.md', false],
    ['/deploy/**/*.md', 'deploy/a.md', false],
    ['a/**', 'a/b/c', false],
    ['build/', 'build', true],
    ['[a-c]x', 'bx', false],
    ['[^a-c]x', 'bx', true],
    ['\\!x', '!x', false],
    ['a?c', 'abc', false],
    ['[', '[', true],
    ['file\\ ', 'file ', false],
  ])('rule %s and file %s: kept is %s', (rule, path, expected) => {
    expect(kept(rule, path).length === 1).toBe(expected);
  });

  it('holds the rules of a nested ignore file to its folder, and lets the spec have the last word', () => {
    const isLeftOut = createSourceFilter([{ folder: 'web', text: '*.log\n' }], '!web/keep.log');
    expect([isLeftOut('web/a.log', false), isLeftOut('a.log', false), isLeftOut('web/keep.log', false)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('takes ten thousand rules, and of more says where they stand and what to do', () => {
    const rules = (count: number): string => 'a\n'.repeat(count);
    expect(createSourceFilter([{ folder: '', text: rules(5_000) }], rules(5_000))('a', false)).toBe(true);
    expect(() => createSourceFilter([{ folder: '', text: rules(5_000) }], rules(5_001))).toThrow(
      'more than 10000 rules in spec.ignore and .sourceignore files; say it in fewer, with wildcards',
    );
  });

  it('answers a hostile pattern quickly', () => {
    expect(kept(`${'*a'.repeat(2000)}b`, 'a'.repeat(250))).toHaveLength(1);
  });
});
