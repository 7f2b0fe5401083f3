import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changedLines } from './changed-lines.ts';

let root = '';
let commit = '';

function git(...args: readonly string[]): string {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  return execFileSync('git', [...identity, ...args], { cwd: root, encoding: 'utf8' }).trim();
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'changed-'));
  git('init', '--quiet');
  writeFileSync(join(root, 'a.ts'), 'one\ntwo\nthree\nfour\nfive\n');
  git('add', '.');
  git('commit', '--quiet', '--message', 'first');
  commit = git('rev-parse', 'HEAD');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('lines that were changed or added are told by where they stand now, committed or not', () => {
  writeFileSync(join(root, 'a.ts'), 'zero\none\ntwo\nthree\nfour\nfive\n');
  git('commit', '--quiet', '--all', '--message', 'second');
  writeFileSync(join(root, 'a.ts'), 'zero\none\n2\nthree\nfive\nsix\nseven\n');
  expect([...(changedLines(root, commit, 'a.ts') ?? [])]).toEqual([1, 3, 6, 7]);
});

it('a file that stands as it did has none', () => {
  expect(changedLines(root, commit, 'a.ts')).toEqual(new Set());
});

it('of a file that was not there all lines are new', () => {
  writeFileSync(join(root, 'b.ts'), 'one\ntwo\n');
  git('add', '.');
  expect(changedLines(root, commit, 'b.ts')).toEqual(new Set([1, 2]));
});

it('nothing is told against a commit that the clone lacks', () => {
  expect(changedLines(root, '0'.repeat(40), 'a.ts')).toBeUndefined();
});
