import { Agent, request } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Clock } from '@cartographer/machinery';
import { CartoError, isObject, messageOf, parseJson, textAt } from '@cartographer/machinery';
import { type Answer, QUESTIONS_PREFIX } from '@cartographer/scanning';
import type { Reach } from './reach.ts';

/** Asks the scanner; close it at the end. */
export type Scanner = {
  /**
   * Asks one question, again where the scanner wants a pause; undefined where there is nothing of that name.
   * @throws CartoError `CARTO_QUESTION` when there is no answer, `CARTO_NOT_FOUND` for a scan that is not there.
   */
  ask<Kind extends Answer['kind']>(kind: Kind, path: string): Promise<Extract<Answer, { kind: Kind }>>;
  close(): void;
};

const MOST_ANSWER_BYTES = 64 * 1024 * 1024;
const TRIES = 4;
const ANSWER_MS = 30_000;
const LONGEST_PAUSE_S = 30;

/** Makes a {@link Scanner} of an open way. */
export function askScanner(
  { authorization, connect }: Extract<Reach, { kind: 'open' }>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Scanner {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  // The connection is made by whoever knows the way; the agent keeps it for the next question.
  agent.createConnection = (_options, done): Duplex | undefined => {
    connect().then(
      (socket) => done?.(null, socket),
      (error: Error) => done?.(error, undefined as never),
    );
    return undefined;
  };

  async function ask<Kind extends Answer['kind']>(kind: Kind, path: string): Promise<Extract<Answer, { kind: Kind }>> {
    for (let tries = 1; ; tries += 1) {
      const { code, body, pauseS } = await send(path);
      if (code === 200 && isObject(body) && body['kind'] === kind) return body as Extract<Answer, { kind: Kind }>;
      if (pauseS === undefined || tries === TRIES) throw failureOf(code, body);
      await clock.sleep(pauseS * 1000, signal);
    }
  }

  async function send(path: string): Promise<Reply> {
    try {
      return await exchange(agent, { path, authorization, signal });
    } catch (error) {
      signal.throwIfAborted();
      throw new CartoError('CARTO_QUESTION', `the scanner cannot be asked: ${messageOf(error)}`, { cause: error });
    }
  }

  return { ask, close: () => agent.destroy() };
}

type Reply = { readonly code: number; readonly body: unknown; readonly pauseS?: number };

function exchange(
  agent: Agent,
  {
    path,
    authorization,
    signal,
  }: { readonly path: string; readonly authorization: string; readonly signal: AbortSignal },
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { authorization, accept: 'application/json' };
    // Name and certificate of the scanner were checked when the connection was made.
    const options = { agent, host: 'scanner', path: `${QUESTIONS_PREFIX}${path}`, headers, signal, timeout: ANSWER_MS };
    const asking = request(options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MOST_ANSWER_BYTES) asking.destroy(new Error('the answer is too long; ask with a smaller --limit'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: code = 0, headers: got } = response;
        const wanted = Number(got['retry-after'] ?? Number.NaN);
        const pause = Number.isFinite(wanted) ? { pauseS: Math.min(Math.max(wanted, 1), LONGEST_PAUSE_S) } : {};
        try {
          resolve({ code, body: parseJson(Buffer.concat(chunks).toString('utf8')), ...pause });
        } catch (error) {
          reject(error);
        }
      });
    });
    asking.on('timeout', () => asking.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)));
    asking.on('error', reject);
    asking.end();
  });
}

function failureOf(code: number, body: unknown): CartoError {
  const said = textAt(body, 'message');
  const message = said === '' ? `it answered ${code}` : said;
  if (code === 404) return new CartoError('CARTO_NOT_FOUND', message);
  return new CartoError('CARTO_QUESTION', `the scanner did not tell (${code}): ${message}`);
}
