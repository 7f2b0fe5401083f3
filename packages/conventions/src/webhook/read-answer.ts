import { Buffer } from 'node:buffer';
import type { Dispatcher } from 'undici';
import { AnswerError } from './answer-error.ts';
import { ConventionCallError } from './convention-call-error.ts';

type Answer = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>;

/** An answer that is not wanted is read so far, so that its connection can be used again. */
const UNWANTED_BYTES = 16 * 1024;

/**
 * The text of an answer with a status of 2xx, in JSON and no larger than `maxBytes`: what is larger is cut off.
 *
 * @throws ConventionCallError `refused-status`.
 * @throws AnswerError when it is of another type, too large, or no text.
 */
export async function readAnswer(answer: Answer, href: string, maxBytes: number): Promise<string> {
  const why = refusal(answer) ?? strange(answer, maxBytes);
  if (why === undefined) return textOf(await bytesOf(answer, maxBytes));
  await answer.body.dump({ limit: UNWANTED_BYTES }).catch(() => undefined);
  if (why instanceof AnswerError) throw why;
  const status = answer.statusCode;
  throw new ConventionCallError('refused-status', `POST ${href}: ${why}`, { status });
}

function refusal({ statusCode: status }: Answer): string | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status < 400)
    return `it answers with a redirect (${status}), which is not followed; register the URL that it leads to`;
  if (status === 400) return 'it cannot read the request (400); does it speak this version of the protocol?';
  if (status === 404) return 'it has nothing at this path (404); correct the address';
  if (status < 500) return `it refuses the request (${status}); look at the log of the convention server`;
  return `it failed (${status}); look at the log of the convention server`;
}

function strange({ headers }: Answer, maxBytes: number): AnswerError | undefined {
  const [type, encoding, length] = ['content-type', 'content-encoding', 'content-length'].map((name) =>
    String([headers[name] ?? ''].flat()[0]),
  );
  // Go reads what has no type as what it asked for.
  if (type !== '' && !/^application\/json\s*(?:;|$)/i.test(type ?? '')) {
    return new AnswerError('what came is not application/json; is that a convention server?');
  }
  if (encoding !== '' && encoding !== 'identity') {
    return new AnswerError('what came is compressed, which was not asked for; answer without content-encoding');
  }
  return Number(length) > maxBytes ? tooLarge(maxBytes) : undefined;
}

async function bytesOf({ body }: Answer, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    // Leaving the loop ends the connection.
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): AnswerError {
  return new AnswerError(
    `more than ${maxBytes} bytes came; answer with the template, and with no more of the request than was sent`,
  );
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new AnswerError('what came is not UTF-8; is that a convention server?');
  }
}
