import type { ServerTrouble, UntriggeredReason } from '../kinds/reasons.ts';
import { type Answered, wordsOf } from './answers.ts';
import type { Exchange } from './exchange.ts';

/** What became of a trigger. */
export type Triggering =
  /** The server took it; `ticket` is the item of the queue where it tells one. */
  | { readonly kind: 'taken'; readonly ticket?: number }
  /** It certainly made no build, and would not the next time. */
  | { readonly kind: 'refused'; readonly reason: UntriggeredReason; readonly message: string }
  /** It certainly made no build; the next might. */
  | { readonly kind: 'unsent'; readonly reason: ServerTrouble; readonly message: string }
  /** Whether it made a build is not known. */
  | { readonly kind: 'lost'; readonly message: string };

/** By these words the oldest servers refuse with status 500 what they did not take. */
const REFUSED_BY_500 = /not parameterized|Illegal choice/i;

/** Judges the answer to a trigger. Whatever is not certain counts as lost. */
export function triggeringOf(exchanged: Exchange, job: string): Triggering {
  if (exchanged.kind !== 'answered') return exchanged;
  const { status } = exchanged;
  const said = `the server answers ${status} to the trigger: ${wordsOf(exchanged)}`;
  if (status === 201) return { kind: 'taken', ...ticketOf(exchanged) };
  if (status >= 300 && status < 400) return redirected(exchanged, job, said);
  if (status === 401) return refused('AuthFailed', said);
  if (status === 403) return refused('JobForbidden', said);
  if (status === 404) return refused('JobNotFound', said);
  if (status === 409) return refused('JobDisabled', said);
  if (status === 429) return { kind: 'unsent', reason: 'ServerUnavailable', message: said };
  if (status >= 400 && status < 500 && status !== 408) return refused('TriggerRefused', said);
  if (status === 500 && REFUSED_BY_500.test(wordsOf(exchanged))) return refused('TriggerRefused', said);
  return { kind: 'lost', message: said };
}

/** The oldest servers lead back to the job; what leads to a login took nothing. */
function redirected(answered: Answered, job: string, said: string): Triggering {
  const path = locationPath(answered);
  if (/\/queue\/item\/\d+\/?$/.test(path)) return { kind: 'taken', ...ticketOf(answered) };
  if (path.replace(/\/$/, '').endsWith(job)) return { kind: 'taken' };
  if (/\/(?:login|securityRealm)\b/.test(path)) return refused('AuthFailed', `${said} (it asks for a login)`);
  return { kind: 'lost', message: said };
}

/** Only the number counts: the host may be an inner address that nobody here reaches. */
function ticketOf(answered: Answered): { readonly ticket?: number } {
  const found = /\/queue\/item\/(\d{1,15})\/?$/.exec(locationPath(answered))?.[1];
  return found === undefined ? {} : { ticket: Number(found) };
}

function locationPath({ headers }: Answered): string {
  const location = headers.get('location') ?? '';
  return URL.canParse(location, 'http://nowhere.invalid') ? new URL(location, 'http://nowhere.invalid').pathname : '';
}

function refused(reason: UntriggeredReason, message: string): Triggering {
  return { kind: 'refused', reason, message };
}
