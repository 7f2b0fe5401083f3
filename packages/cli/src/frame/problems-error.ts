import { CartoError, type ErrorCode } from '@cartographer/machinery';

/** Several things that are wrong at once; each is told in a line of its own, in the names of flags. */
export class ProblemsError extends CartoError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], code: ErrorCode = 'CARTO_USAGE') {
    super(code, problems.join('\n'));
    this.problems = problems;
  }
}

/** @throws ProblemsError when there are any. */
export function refuseProblems(problems: readonly string[], code?: ErrorCode): void {
  if (problems.length > 0) throw new ProblemsError(problems, code);
}
