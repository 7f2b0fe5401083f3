import { execFileSync } from 'node:child_process';

/** The lines (counted from 1) of a file that differ from a commit; undefined when the clone lacks the commit. */
export function changedLines(root: string, commit: string, file: string): ReadonlySet<number> | undefined {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 });
  try {
    git('cat-file', '-e', `${commit}^{commit}`);
  } catch {
    return undefined;
  }
  return addedLines(git('diff', '--unified=0', '--no-color', '--no-ext-diff', commit, '--', file));
}

/** The lines that a diff of one file, without context, adds. */
function addedLines(diff: string): ReadonlySet<number> {
  const lines = new Set<number>();
  for (const [, first, count = '1'] of diff.matchAll(/^@@ -\S+ \+(\d+)(?:,(\d+))? @@/gm)) {
    for (let i = 0; i < Number(count); i += 1) lines.add(Number(first) + i);
  }
  return lines;
}
