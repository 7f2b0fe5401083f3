import { CartoError } from '@cartographer/machinery';
import type { Terminal } from './terminal.ts';

/** How {@link confirm} asks. */
export type Confirmation = {
  /** `apply these changes to workload shop/web in context prod?` */
  readonly question: string;
  /** `--yes` was given. */
  readonly yes: boolean;
  readonly signal: AbortSignal;
};

/**
 * Asks for a yes; anything but y, yes, n, no is asked again, and the end of input is a no.
 * @throws CartoError `CARTO_DECLINED` on a no, and where nobody can answer and `--yes` was not given.
 */
export async function confirm(terminal: Terminal, { question, yes, signal }: Confirmation): Promise<void> {
  if (yes) return;
  const { ask } = terminal;
  if (ask === undefined) {
    throw new CartoError('CARTO_DECLINED', `nobody is there to answer "${question}"; say --yes if it is meant`);
  }
  for (;;) {
    const answer = (await ask(`${question} [yN]: `, signal)).trim().toLowerCase();
    if (answer === 'y' || answer === 'yes') return;
    if (answer === '' || answer === 'n' || answer === 'no')
      throw new CartoError('CARTO_DECLINED', 'nothing was changed');
    terminal.err('please answer y or n\n');
  }
}
