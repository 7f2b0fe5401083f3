import { structuredPatch } from 'diff';
import type { Style } from './style.ts';
import { plain } from './text.ts';

const CONTEXT_LINES = 4;

/**
 * What differs between two texts, line by line, with the number of each line before and after, four lines around, and
 * `...` for what is left out; nothing when they are equal. Additions carry `+`, removals `-`.
 */
export function lineDiff(before: string, after: string, style: Style): readonly string[] {
  if (before === after) return [];
  const { hunks } = structuredPatch('', '', before, after, '', '', { context: CONTEXT_LINES });
  const digits = String(Math.max(before.split('\n').length, after.split('\n').length)).length;
  const lines: string[] = [];
  let reached = 0;
  for (const hunk of hunks) {
    if (hunk.oldStart > reached + 1) lines.push('...');
    let [oldLine, newLine] = [hunk.oldStart, hunk.newStart];
    for (const line of hunk.lines) {
      const sign = line[0];
      if (sign === '\\') continue; // "No newline at end of file"
      const [old, now] = [sign === '+' ? '' : String(oldLine++), sign === '-' ? '' : String(newLine++)];
      const text = `${old.padStart(digits)} ${now.padStart(digits)} ${sign === ' ' ? ' ' : sign} |${plain(line.slice(1))}`;
      lines.push(sign === '+' ? style.good(text) : sign === '-' ? style.bad(text) : text);
    }
    reached = oldLine - 1;
  }
  if (reached < before.trimEnd().split('\n').length && before !== '') lines.push('...');
  return lines;
}
