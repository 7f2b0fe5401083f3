import { CartoError, type Retry } from '@cartographer/machinery';

/** In what way a convention server did not do its part. */
export type ConventionCallFailure =
  /** Its address is none that can be asked: nothing was sent. */
  | 'invalid-endpoint'
  /** Its name is not known, nobody listens, or the connection broke off. */
  | 'unreachable'
  /** Its certificate is not signed by an authority that is known, is of another name, or has expired. */
  | 'untrusted'
  /** It did not answer, or did not end its answer, in the time that it has. */
  | 'timeout'
  /** It answered with another status than 2xx. */
  | 'refused-status'
  /** What it answered is no pod template that could take the place of the one that was sent. */
  | 'bad-answer';

/**
 * A convention server could not be asked, or did not answer as the protocol has it. The message begins with the URL, says
 * what came and what to do next, and never has a word of the server's own. It does not name the convention: whoever calls
 * does.
 */
export class ConventionCallError extends CartoError {
  readonly failure: ConventionCallFailure;
  /** The HTTP status, if there was an answer. */
  readonly status: number | undefined;

  constructor(
    failure: ConventionCallFailure,
    message: string,
    options: { readonly cause?: unknown; readonly status?: number } = {},
  ) {
    const retry: Retry = failure === 'invalid-endpoint' ? 'never' : 'backoff';
    super('CARTO_CONVENTION_CALL', message, { cause: options.cause, retry });
    this.name = 'ConventionCallError';
    this.failure = failure;
    this.status = options.status;
  }
}
