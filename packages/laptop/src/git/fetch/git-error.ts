import { CartoError } from '@cartographer/machinery';

/** Fetching from a repository failed; the message is what the condition says. */
export class GitError extends CartoError {
  constructor(message: string, cause?: unknown) {
    super('CARTO_GIT_FAILED', message, { cause });
    this.name = 'GitError';
  }
}
