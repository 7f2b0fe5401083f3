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
