import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CartoError } from '@cartographer/machinery';
import { diskTrouble } from '../disk-trouble.ts';
import { hideSecrets, secretsOfUrl, shownUrl } from '../redact.ts';

/** The archive of the source cannot be had right now; it is tried again. */
class SourceError extends CartoError {
  constructor(message: string, cause?: unknown) {
    super('CARTO_SOURCE', message, { cause });
    this.name = 'SourceError';
  }
}

const MAX_BYTES = 1024 ** 3;
const TOO_LARGE = `the archive is larger than ${MAX_BYTES} bytes; let spec.ignore of its GitRepository leave out what no build needs`;
const TIMEOUT_MS = 5 * 60_000;

/**
 * Downloads an archive and answers with its digest. A server that announces the digest of its content (RFC 9530) is
 * taken at its word.
 *
 * @throws SourceError when it cannot be fetched, is too large or is not what was announced.
 */
export async function fetchSource(url: string, file: string, signal: AbortSignal): Promise<string> {
  const both = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    const response = await fetch(url, { signal: both });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new SourceError(`the server answered ${response.status} ${response.statusText}`.trimEnd());
    }
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        sizeBytes += chunk.length;
        hash.update(chunk);
        done(sizeBytes > MAX_BYTES ? new SourceError(TOO_LARGE) : null, chunk);
      },
    });
    const body = Readable.fromWeb(response.body);
    await pipeline(body, measure, createWriteStream(file, { mode: 0o600 }), { signal: both });
    const digest = hash.digest();
    const announced = announcedDigest(response.headers);
    if (announced !== undefined && !announced.equals(digest))
      throw new SourceError('the archive is not what its server announced');
    return `sha256:${digest.toString('hex')}`;
  } catch (error) {
    signal.throwIfAborted();
    if (diskTrouble(error, file) !== undefined) throw error;
    const reason = hideSecrets(reasonOf(error).replaceAll(url, shownUrl(url)), secretsOfUrl(url));
    throw new SourceError(`cannot fetch ${shownUrl(url)}: ${reason}`);
  }
}

function announcedDigest(headers: Headers): Buffer | undefined {
  const field = headers.get('repr-digest') ?? headers.get('content-digest') ?? '';
  const [, base64] = /(?:^|[\s,])sha-256=:([A-Za-z0-9+/=]+):/.exec(field) ?? [];
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
}

/** `fetch` hides what went wrong in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
