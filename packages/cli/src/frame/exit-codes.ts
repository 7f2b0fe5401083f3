import { ApiError, isAlreadyExists, isConflict, isNotFound } from '@cartographer/kube';
import { CartoError, type ErrorCode } from '@cartographer/machinery';

/** Exit codes of all commands of `carto`; `docs/exit-codes.md` says the same. */
export const EXIT = {
  /** Done, or the answer is yes, clean, unchanged. */
  done: 0,
  /** An error, a wrong use included. */
  failed: 1,
  /** The answer is no: refused, against the policy, would change, failed, something found. */
  no: 2,
  notFound: 3,
  conflict: 4,
  timedOut: 5,
  /** Declined by the person who was asked, or `--yes` is needed. */
  declined: 7,
  interrupted: 130,
} as const;

/** What each of {@link EXIT} means: the table of `docs/exit-codes.md`. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'done; or the answer is yes, clean, unchanged',
  failed:
    'an error: a wrong use, no connection, no right; or there was nothing to look at, or something could not be read',
  no: 'the answer is no: refused by a policy, would change, failed, something was found',
  notFound: 'what was named does not exist',
  conflict: 'it exists already and says something else, or somebody changed it in between',
  timedOut: 'what was waited for did not come in time',
  declined: 'the answer to a question was no, or nobody could be asked and `--yes` was not given',
  interrupted: 'interrupted, by Ctrl-C say',
};

const BY_CODE: Partial<Record<ErrorCode, number>> = {
  CARTO_NOT_FOUND: EXIT.notFound,
  CARTO_CONFLICT: EXIT.conflict,
  CARTO_WAIT_TIMEOUT: EXIT.timedOut,
  CARTO_DECLINED: EXIT.declined,
  CARTO_ANSWER_NO: EXIT.no,
};

/** The exit code of a command that ended with this error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ApiError) {
    if (isNotFound(error) && error.status.details?.name !== undefined) return EXIT.notFound;
    return isConflict(error) || isAlreadyExists(error) ? EXIT.conflict : EXIT.failed;
  }
  return error instanceof CartoError ? (BY_CODE[error.code] ?? EXIT.failed) : EXIT.failed;
}
