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
    inState,
    state: (state) => inState(state, `${STATE_SIGNS[state]} ${state}`),
  };
}
