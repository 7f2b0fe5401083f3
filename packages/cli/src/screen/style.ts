import { styleText } from 'node:util';
import type { StepState } from '@cartographer/api';

type Paint = (text: string) => string;

/** How words look: in colours where a terminal has them, as they are elsewhere. Colours never carry a meaning alone. */
export type Style = {
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly info: Paint;
  readonly bold: Paint;
  /** Of placeholders and what matters less. */
  readonly faint: Paint;
  /** A name in one of several colours that tell names apart: the same for the same name, and never that of an error. */
  readonly apart: Paint;
  /** A text in the colour of a state. */
  readonly inState: (state: StepState, text: string) => string;
  /** The sign and the word of a state: `● ready`. */
  readonly state: (state: StepState) => string;
};

type Format = Parameters<typeof styleText>[0];

/** The sign that stands before each state, so that a screen without colours tells them apart at a glance. */
export const STATE_SIGNS: Readonly<Record<StepState, string>> = {
  ready: '●',
  running: '◐',
  waiting: '○',
  failed: '✗',
  refused: '⊘',
  blocked: '■',
  skipped: '–',
};

const STATE_FORMATS: Readonly<Record<StepState, Format>> = {
  ready: 'green',
  running: 'cyan',
  waiting: 'yellow',
  failed: 'red',
  refused: 'magenta',
  blocked: 'magenta',
  skipped: 'dim',
};

const APART: readonly Format[] = [
  'cyan',
  'green',
  'yellow',
  'magenta',
  'blue',
  'cyanBright',
  'greenBright',
  'magentaBright',
];

/** Makes a {@link Style}. */
export function createStyle(colour: boolean): Style {
  const paint =
    (format: Format): Paint =>
    (text) =>
      colour && text !== '' ? styleText(format, text, { validateStream: false }) : text;
  const inState: Style['inState'] = (state, text) => paint(STATE_FORMATS[state])(text);
  return {
    good: paint('green'),
    bad: paint('red'),
    warn: paint('yellow'),
    info: paint('cyan'),
    bold: paint('bold'),
    faint: paint('dim'),
    apart: (text) => paint(APART[placeOf(text, APART.length)] ?? 'cyan')(text),
    inState,
    state: (state) => inState(state, `${STATE_SIGNS[state]} ${state}`),
  };
}

/** A number below `count` that follows from a text alone. */
function placeOf(text: string, count: number): number {
  let sum = 0;
  for (const character of text) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % count;
}
