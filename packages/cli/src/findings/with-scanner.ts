import type { Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { askScanner, type Scanner } from './ask-scanner.ts';
import { reachScanner } from './reach.ts';

/** How an answer came about. */
export type Told =
  /** The scanner, of all that it has. */
  | 'scanner'
  /** The statuses of scans, which hold the worst ten findings of each. */
  | 'statuses';

/**
 * Asks the scanner where the asker may; else says why not, and looks at what the statuses hold. Not being let ask is no
 * error, and never makes an answer clean.
 */
export async function withScanner<T>(
  session: Session,
  surroundings: Surroundings,
  as: string | undefined,
  { ask, look }: { readonly ask: (scanner: Scanner) => Promise<T>; readonly look: () => Promise<T> },
): Promise<T> {
  const reach = await reachScanner(session, surroundings, as);
  if (reach.kind === 'closed') {
    session.say(
      `the scanner cannot be asked: ${reach.why}; what follows is what the statuses of scans hold: ten findings each`,
    );
    return look();
  }
  const scanner = askScanner(reach, session);
  try {
    return await ask(scanner);
  } finally {
    scanner.close();
  }
}
