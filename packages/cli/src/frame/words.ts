import {
  ApiError,
  hasCause,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isInvalid,
  isNotFound,
  isUnauthorized,
  NoMatchError,
  TransportError,
} from '@cartographer/kube';
import { CartoError, type ErrorCode, messageOf } from '@cartographer/machinery';
import { plain } from '../screen/text.ts';

/** Where it happened, for the words about it. */
export type Place = { readonly target: string; readonly server: string };

/** Several things that are wrong at once; each is told in a line of its own, in the names of flags. */
export class ProblemsError extends CartoError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], code: ErrorCode = 'CARTO_USAGE') {
    super(code, problems.join('\n'));
    this.problems = problems;
  }
}

/** @throws ProblemsError when there are any. */
export function refuseProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw new ProblemsError(problems);
}

/** What went wrong, one line for each problem, in words of the person at the command line, each with the next step. */
export function wordsFor(error: unknown, place: Place | undefined): readonly string[] {
  return problems(error, place).map(plain);
}

function problems(error: unknown, place: Place | undefined): readonly string[] {
  const where = place === undefined ? 'the cluster' : place.target;
  if (error instanceof NoMatchError) {
    return [
      `${error.message} (${where}): install Cartographer there with "carto install", or look with "carto doctor"`,
    ];
  }
  if (error instanceof TransportError) return [transportWords(error, where, place)];
  if (error instanceof ProblemsError) return error.problems;
  if (!(error instanceof ApiError)) return [messageOf(error)];
  return apiWords(error, where);
}

function transportWords(error: TransportError, where: string, place: Place | undefined): string {
  const { code, message } = error;
  if (code === 'CARTO_CONNECT_FAILED') {
    return `${where} cannot be reached at ${place?.server ?? 'its address'}: ${message}; does it run, is the context right?`;
  }
  if (code === 'CARTO_CREDENTIALS') return `${where}: ${message}; log in again`;
  return `${where}: ${message}`;
}

function apiWords(error: ApiError, where: string): readonly string[] {
  const { message, status } = error;
  if (isUnauthorized(error)) {
    return [
      `${where} does not take your credentials, they are wrong or expired: log in again, or choose another --context`,
    ];
  }
  if (isForbidden(error)) {
    const hint = message.includes('cannot')
      ? 'ask who runs the cluster for that right, or act as another user with --as'
      : 'see the message';
    return [`${message} (${where}): ${hint}`];
  }
  if (isNotFound(error)) return [notFoundWords(error, where)];
  if (hasCause(error, 'NamespaceTerminating')) return [`${message}: wait until it is gone, or use another --namespace`];
  if (isAlreadyExists(error)) return [`${message} (${where}): change it with "apply"`];
  if (isConflict(error))
    return [`${message}: somebody else changed it in between; look at it, and run the command again`];
  if (isInvalid(error)) {
    const causes = status.details?.causes ?? [];
    if (causes.length > 0) return causes.map(({ field, message: text }) => `${field ?? 'object'}: ${text ?? ''}`);
  }
  return [`${where}: ${message}`];
}

function notFoundWords({ message, status }: ApiError, where: string): string {
  const { kind, name } = status.details ?? {};
  if (kind === 'namespaces')
    return `there is no namespace "${name ?? ''}" in ${where}: create it, or correct --namespace`;
  if (name === undefined) {
    return `${where} does not serve this kind: install Cartographer there with "carto install", or look with "carto doctor"`;
  }
  return `${message} (${where})`;
}
