import { type Log, silentLog, textAt } from '@cartographer/machinery';
import type { Session } from '../../frame/session.ts';
import { plainLine } from '../../screen/text.ts';

/** Tells a person what of a watch's fate matters to them: that it was lost, and why. */
export function sessionLog({ say }: Pick<Session, 'say'>, signal: AbortSignal): Log {
  const tell = (fields: object): void => {
    if (!signal.aborted) say(`the watch was lost, trying again: ${plainLine(textAt(fields, 'error'))}`);
  };
  return { ...silentLog, warn: tell, error: tell };
}
