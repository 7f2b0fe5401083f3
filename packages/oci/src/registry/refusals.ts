import { Buffer } from 'node:buffer';
import { type Clock, getPath, listAt } from '@cartographer/machinery';
import { RegistryError, type RegistryFailure } from '../access/registry-error.ts';
import { type Answer, type Ask, contentOf } from './exchange.ts';

const MAX_ERROR_BYTES = 16 * 1024;
/** A server that asks for more is not believed. */
const LONGEST_WAIT_MS = 3_600_000;

/** The error of an answer that does not give what was asked. Ends the answer. */
export async function refusalOf(answer: Answer, ask: Ask, clock: Clock): Promise<RegistryError> {
  const { status } = answer;
  const code = await errorCode(answer, ask);
  const reason = reasonOf(status);
  const afterMs = retryAfterMs(answer.header('retry-after'), clock);
  const advice = reason === 'Unauthorized' || reason === 'Forbidden' ? '; check the login for it' : '';
  const message = `${answer.url.host} answered ${status}${code === '' ? '' : ` ${code}`} for ${ask.what}${advice}`;
  return new RegistryError(reason, message, afterMs === undefined ? { status } : { status, retry: 'after', afterMs });
}

function reasonOf(status: number): RegistryFailure {
  switch (status) {
    case 401:
      return 'Unauthorized';
    case 403:
      return 'Forbidden';
    case 404:
      return 'NotFound';
    case 429:
      return 'RateLimited';
    case 408:
      return 'Unavailable';
    default:
      return status >= 500 ? 'Unavailable' : 'Misbehaved';
  }
}

/** The code of the first error of an OCI error document, if it is one of a code's form; nothing else is looked at. */
async function errorCode(answer: Answer, ask: Ask): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of contentOf(answer, ask)) {
      sizeBytes += part.length;
      if (sizeBytes > MAX_ERROR_BYTES) return '';
      parts.push(part);
    }
    const code = getPath(listAt(JSON.parse(Buffer.concat(parts).toString('utf8')), 'errors')[0], 'code');
    return typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? code : '';
  } catch {
    return '';
  }
}

/** Seconds, or a date, as RFC 9110 has it; undefined when it is neither. */
export function retryAfterMs(header: string | undefined, clock: Clock): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - clock.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
}
