/**
 * The line breaks of YAML 1.1 for a reader of YAML 1.2. Besides LF and CRLF, Go's yaml ends a line at CR, NEL, LS and PS;
 * the first two become LF, the last two stay in the text. What ytt prints has such breaks where a string holds U+2028.
 * {@link https://yaml.org/spec/1.1/#id871136}
 */

import type { Scalar } from 'yaml';
import { CST, isScalar, parseDocument } from 'yaml';

const ODD_BREAK = /\r(?!\n)|[\u0085\u2028\u2029]/;
const ODD_BREAKS = /[\u2028\u2029]+(['"](?:\r?\n|$))?|\r(?!\n)|\u0085/g;
const KEPT_BREAK = /[\u2028\u2029]/;
const BREAK = '(?:\\r\\n|[\\r\\n\\u0085\\u2028\\u2029])';
const BREAKS = new RegExp(BREAK, 'g');
/** A break in a flow scalar with all blanks and breaks around it. */
const FOLD = `[ \\t]*${BREAK}(?:[ \\t]*${BREAK})*[ \\t]*`;
/** Blanks without a break match too, as a whole: a search that began anew at each of them would have no end. */
const FOLDS = new RegExp(`${FOLD}|[ \\t]+`, 'g');
/** The same in double quotes: an escape is one character, and an escaped break is none. */
const ESCAPES_AND_FOLDS = new RegExp(`\\\\(${BREAK})((?:[ \\t]*${BREAK})*)[ \\t]*|\\\\[^]|${FOLD}|[ \\t]+`, 'g');

/** Whether a line of the text ends in another way than by LF or CRLF. */
export function hasOddBreaks(text: string): boolean {
  return ODD_BREAK.test(text);
}

/**
 * The text with LF for the breaks that the reader does not know, of the same length. LS and PS with nothing behind them
 * but the closing quote are left: Go, and so ytt, has that quote at the very start of a line, where the reader does not
 * want it; and a line that is a quote alone cannot be anything else.
 */
export function withPlainBreaks(text: string): string {
  return text.replace(ODD_BREAKS, (found, quote?: string) => (quote === undefined ? '\n'.repeat(found.length) : found));
}

/** The text of a scalar as the breaks of the source have it; it was read {@link withPlainBreaks}, `keepSourceTokens`. */
export function scalarWithBreaks(scalar: Scalar, source: string): string {
  const text = typeof scalar.value === 'string' ? scalar.value : '';
  const [from, to] = scalar.range ?? [0, 0];
  const written = source.slice(from, to);
  if (!KEPT_BREAK.test(written)) return text;
  switch (scalar.type) {
    case 'PLAIN':
      return written.replace(FOLDS, folded);
    case 'QUOTE_SINGLE':
      return written.slice(1, -1).replace(FOLDS, folded).replaceAll("''", "'");
    case 'QUOTE_DOUBLE':
      return unescaped(written.replace(ESCAPES_AND_FOLDS, foldedOrEscape));
    case 'BLOCK_LITERAL':
      return withBreaks(text, written);
    case 'BLOCK_FOLDED':
      return foldLines(withBreaks(literalText(scalar), written));
    case undefined:
      return text;
  }
}

/** A first LF is a space, or nothing before further breaks; a first LS or PS stays, and so does all that follows it. */
function folded(run: string): string {
  const [first, ...more] = breaksOf(run);
  if (first === undefined) return run;
  if (first !== '\n') return first + more.join('');
  return more.length === 0 ? ' ' : more.join('');
}

function breaksOf(text: string): readonly string[] {
  return (text.match(BREAKS) ?? []).map((found) => (KEPT_BREAK.test(found) ? found : '\n'));
}

function foldedOrEscape(match: string, escapedBreak: string | undefined, more: string | undefined): string {
  if (escapedBreak !== undefined) return escaped(breaksOf(more ?? '').join(''));
  return match.startsWith('\\') ? match : escaped(folded(match));
}

function escaped(breaks: string): string {
  return breaks.replaceAll('\n', '\\n').replaceAll('\u2028', '\\L').replaceAll('\u2029', '\\P');
}

function unescaped(quoted: string): string {
  const { contents } = parseDocument(quoted, { version: '1.1', schema: 'failsafe', logLevel: 'silent' });
  return isScalar(contents) && typeof contents.value === 'string' ? contents.value : '';
}

/** A literal text with the breaks of its lines as they are in the source; its header's break comes first there. */
function withBreaks(text: string, written: string): string {
  const breaks = breaksOf(written);
  let at = 0;
  return text.replace(BREAKS, () => breaks[(at += 1)] ?? '\n');
}

/** What a folded scalar would be with `|` in place of `>`. */
function literalText({ srcToken }: Scalar): string {
  if (srcToken?.type !== 'block-scalar') return '';
  const props = srcToken.props.map((prop) =>
    prop.type === 'block-scalar-header' ? { ...prop, source: prop.source.replace('>', '|') } : prop,
  );
  return CST.resolveAsScalar({ ...srcToken, props })?.value ?? '';
}

const LINE = /([^\n\u2028\u2029]*)([\n\u2028\u2029]|$)/g;

/** Joins the lines of a folded scalar: an LF between two lines that begin with no blank is a space. */
function foldLines(literal: string): string {
  let text = '';
  let pending = '';
  let empty = '';
  let blank = false;
  for (const [whole, line = '', end = ''] of literal.matchAll(LINE)) {
    if (whole === '') break;
    if (line === '') {
      empty += end;
      continue;
    }
    const startsBlank = /^[ \t]/.test(line);
    const joins = pending === '\n' && !blank && !startsBlank;
    text += (joins ? (empty === '' ? ' ' : '') : pending) + empty + line;
    [pending, empty, blank] = [end, '', startsBlank];
  }
  return text + pending + empty;
}
