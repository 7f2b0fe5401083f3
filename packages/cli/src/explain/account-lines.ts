import type { Explained, SelectionAccount, StepAccount } from '@cartographer/engine';
import { changeText, missText, needText } from '@cartographer/engine';
import { ownerText } from '../frame/owner-name.ts';
import type { Session } from '../frame/session.ts';
import { ageSince } from '../screen/ages.ts';
import { STATE_SIGNS, type Style } from '../screen/style.ts';
import { plainLine } from '../screen/text.ts';
import { blockLines, type Row } from './block.ts';
import { stepLines } from './step-lines.ts';

/** An account as a screen is made from it. */
export type Shown = {
  readonly account: Explained;
  readonly unread: readonly string[];
  /** The step that all is told of. */
  readonly step: StepAccount | undefined;
};

/** Candidates that are told; the others are counted. */
const MOST_CANDIDATES = 3;

/** The screen of an account: the answer first, then what it comes from. */
export function accountLines(
  { account, unread, step }: Shown,
  { style, terminal, clock }: Pick<Session, 'style' | 'terminal' | 'clock'>,
): readonly string[] {
  const { columns } = terminal;
  const nowMs = clock.now();
  const of = step ?? account;
  const { kind, namespace, name } = account.owner;
  const title = `${ownerText({ kind: kind as 'Workload', name }, namespace)}${step === undefined ? '' : `, step ${step.step}`}`;
  return [
    `${style.inState(of.state, STATE_SIGNS[of.state])} ${style.bold(plainLine(title))}  ${style.inState(of.state, of.state)}`,
    ...blockLines(step === undefined ? answerRows(account, style, nowMs) : [], 2, columns),
    ...(unread.length === 0
      ? []
      : [
          '',
          style.bold('Not read'),
          ...blockLines(
            unread.map((text): Row => ['!', { text, paint: style.warn }]),
            2,
            columns,
          ),
        ]),
    ...(step === undefined && account.steps.length > 0 ? [''] : []),
    ...account.steps.flatMap((each) => stepLines(each, { style, columns, nowMs, isWhole: step !== undefined })),
  ];
}

function answerRows(account: Explained, style: Style, nowMs: number): readonly Row[] {
  const { state, step, reason, message, since, move, next, selection, blueprint, account: who } = account;
  const age = ageSince(since, nowMs);
  const isReady = state === 'ready';
  return [
    ...(step === undefined ? [] : [['step', step] as const]),
    ...(message === '' && reason === '' ? [] : [['why', [reason, message].filter(Boolean).join(': ')] as const]),
    ...(age === '' ? [] : [['since', age] as const]),
    ...(isReady ? [] : [['move', { text: move, paint: move === 'nobody' ? style.faint : style.bold }] as const]),
    ...(isReady || next === undefined ? [] : [['next', { text: next, paint: style.info }] as const]),
    ...(blueprint === undefined ? [] : [['follows', `${blueprint.kind} ${blueprint.name}`] as const]),
    ...(selection === undefined ? [] : selectionRows(selection)),
    ...(account.selected === undefined ? [] : [['selects', selectedText(account.selected)] as const]),
    ...(who === undefined ? [] : [['account', `${who.namespace}/${who.name}`] as const]),
  ];
}

function selectedText({ kind, labels, name, message }: NonNullable<Explained['selected']>): string {
  const with_ = Object.entries(labels).map(([key, value]) => `${key}: ${value}`);
  return `${kind} with ${with_.join(', ')}: ${name ?? message}`;
}

/** The one that was taken with its terms, and those that would have come next. */
function selectionRows({ outcome, best, blueprints }: SelectionAccount): readonly Row[] {
  const told = blueprints.slice(0, MOST_CANDIDATES);
  const rest = blueprints.length - told.length;
  const rows = told.map(({ name, fit, score, terms, changes, message }): Row => {
    if (fit === 'broken') return ['selection', `${name} is passed over, its selector is broken: ${message}`];
    if (fit === 'misses') {
      const held = `${score} of ${terms.length} hold`;
      if (outcome === 'chosen') return ['selection', `${missText(name, terms)} (${held})`];
      const way = changes === undefined ? 'no change helps' : changes.map(changeText).join(' and ');
      return ['selection', `${missText(name, terms)} (${held}; ${way})`];
    }
    const taken = best.includes(name)
      ? outcome === 'chosen'
        ? 'is taken'
        : 'fits as well as others'
      : 'fits less exactly';
    return ['selection', `${name} ${taken}: ${terms.map(needText).join(', ') || 'it asks for nothing'}`];
  });
  return rest <= 0 ? rows : [...rows, ['selection', `and ${rest} more: carto match tells all`]];
}
