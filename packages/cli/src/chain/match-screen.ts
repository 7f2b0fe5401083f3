import { type BlueprintFit, changeText, missText, needText, type SelectionAccount } from '@cartographer/engine';
import type { KubeObject } from '@cartographer/machinery';
import { some } from '../read/some.ts';
import type { Style } from '../screen/style.ts';
import { hanging, plainLine } from '../screen/text.ts';

/** Who would serve an owner. */
export type Matched = { readonly owner: KubeObject; readonly name: string; readonly account: SelectionAccount };

/** Candidates that are told besides those that fit. */
const MOST_MISSES = 5;
const INDENT = '  ';

/** Who would serve an owner, and why the others not, the nearest first. */
export function matchLines(
  { name, account, owner }: Matched,
  style: Style,
  columns: number | undefined,
): readonly string[] {
  const { outcome, best, blueprints, blueprintKind } = account;
  const fit = blueprints.filter((each) => each.fit === 'fits');
  const missed = blueprints.filter((each) => each.fit === 'misses');
  const broken = blueprints.filter((each) => each.fit === 'broken');
  const told = missed.slice(0, MOST_MISSES);
  const lines = [
    headline(name, account.outcome, best, blueprintKind, style),
    ...(outcome === 'unlabelled'
      ? [`${INDENT}it has no labels, and without labels none is looked for, whatever would fit`]
      : []),
    ...fit.flatMap((each) => fitLines(each, best, style)),
    ...told.flatMap((each, index) => missLines(each, index === 0 && outcome === 'none', style)),
    ...(missed.length > told.length
      ? [`${INDENT}${style.faint(`and ${missed.length - told.length} that are further away`)}`]
      : []),
    ...broken.map(
      (each) => `${INDENT}${style.warn('!')} ${plainLine(`${each.name} is broken and passed over: ${each.message}`)}`,
    ),
    ...(blueprints.length === 0 ? [`${INDENT}there is no ${blueprintKind} at all`] : []),
    ...(outcome === 'several'
      ? [`${INDENT}→ platform: make one selector more exact; the one with more requirements wins`]
      : []),
    ...(outcome === 'none' || outcome === 'unlabelled'
      ? [`${INDENT}${style.faint(labelsText(owner.metadata.labels ?? {}))}`]
      : []),
  ];
  return lines.flatMap((line) => fold(line, columns));
}

function headline(
  name: string,
  outcome: Matched['account']['outcome'],
  best: readonly string[],
  kind: string,
  style: Style,
): string {
  const owner = style.bold(plainLine(name));
  switch (outcome) {
    case 'chosen':
      return `${style.good('✓')} ${owner} is served by ${kind} ${plainLine(best[0] ?? '')}`;
    case 'several':
      return `${style.bad('✗')} ${owner} is served by none: ${best.length} fit equally well`;
    case 'none':
    case 'unlabelled':
      return `${style.bad('✗')} ${owner} is served by none`;
  }
}

function fitLines({ name, score, terms }: BlueprintFit, best: readonly string[], style: Style): readonly string[] {
  const needs = some(terms.map(needText));
  const why = score === 0 ? 'selects everything, and is never chosen' : `fits with ${score}: ${needs}`;
  const isBest = best.includes(name);
  const rank = isBest ? '' : score === 0 ? '' : '; one with more requirements fits as well';
  return [`${INDENT}${(isBest ? style.good : style.faint)('●')} ${plainLine(`${name} ${why}${rank}`)}`];
}

function missLines({ name, terms, changes }: BlueprintFit, isNearest: boolean, style: Style): readonly string[] {
  const held = terms.filter(({ holds }) => holds).length;
  const some = held === 0 ? '' : ` (${held} of ${terms.length} hold)`;
  const change =
    changes === undefined
      ? 'no change of it would fit: its terms contradict each other'
      : changes.map(changeText).join(', and ');
  return [
    `${INDENT}${style.faint('○')} ${plainLine(`${missText(name, terms)}${some}`)}`,
    ...(isNearest ? [`${INDENT}  → developer: ${plainLine(change)}`] : []),
  ];
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}: ${value}`);
  return plainLine(pairs.length === 0 ? 'its labels: none' : `its labels: ${pairs.join(', ')}`);
}

/** Lines that are too long go on under their beginning; colours stand at the beginning only. */
function fold(line: string, columns: number | undefined): readonly string[] {
  const text = line.trimStart();
  const margin = line.length - text.length;
  const [first = '', ...more] = hanging(text, margin + 2, columns);
  return [`${' '.repeat(margin)}${first}`, ...more];
}
