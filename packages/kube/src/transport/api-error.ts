import type { Status, StatusCause, WireResponse } from '@cartographer/machinery';
import { CartoError, failure, isStatus } from '@cartographer/machinery';

/** An API server's refusal. The message is the server's own text; `status` is its whole answer. */
export class ApiError extends CartoError {
  override readonly name = 'ApiError';
  readonly status: Status;

  constructor(status: Status, retryAfterMs?: number) {
    const retry = retryAfterMs === undefined ? 'backoff' : 'after';
    super('CARTO_API_REFUSED', status.message, { retry, afterMs: retryAfterMs });
    this.status = status;
  }

  /** Kubernetes' machine-readable reason: `NotFound`, `Conflict`, `Invalid`, … */
  get reason(): string | undefined {
    return this.status.reason;
  }
}

/** Why no answer could be had at all. */
export type TransportErrorCode =
  /** Nobody listens, the name does not resolve, TLS failed. */
  | 'CARTO_CONNECT_FAILED'
  /** The connection broke; whether a write happened is unknown. */
  | 'CARTO_CONNECTION_LOST'
  /** No answer in time; whether a write happened is unknown. */
  | 'CARTO_TIMEOUT'
  /** The answer is larger than the bound. */
  | 'CARTO_ANSWER_TOO_LARGE'
  /** The answer is not JSON. */
  | 'CARTO_ANSWER_MALFORMED'
  /** The credentials could not be had (token file, exec plugin). */
  | 'CARTO_CREDENTIALS'
  /** The server answers from before what we have seen. */
  | 'CARTO_STALE_ANSWER';

/** No answer, or none that can be read. The message names the server and, where there is one, the next step. */
export class TransportError extends CartoError {
  override readonly name = 'TransportError';

  constructor(code: TransportErrorCode, message: string, cause?: unknown) {
    super(code, message, { cause });
  }
}

/** The error of an answer with a failure status; the body need not be a Status (a proxy's HTML page, say). */
export function errorOf(response: WireResponse): ApiError {
  const retryAfterMs = retryAfterOf(response);
  if (isStatus(response.body)) {
    const { code, message } = response.body;
    const complete = { ...response.body, code: code ?? response.status, message: message ?? genericMessage(response) };
    return new ApiError(complete, retryAfterMs);
  }
  return new ApiError(failure(response.status, REASONS[response.status], genericMessage(response)), retryAfterMs);
}

/** The error that an ERROR event of a watch carries. */
export function errorOfEvent(object: unknown): ApiError {
  return isStatus(object)
    ? new ApiError(object, secondsToMs(object.details?.retryAfterSeconds))
    : new ApiError(failure(500, 'InternalError', 'the watch reported an error without a Status'));
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};
const BODY_EXCERPT_CHARS = 256;

function genericMessage(response: WireResponse): string {
  const text = response.body instanceof Uint8Array ? Buffer.from(response.body).toString('utf8').trim() : '';
  const excerpt = text.length > BODY_EXCERPT_CHARS ? `${text.slice(0, BODY_EXCERPT_CHARS)}…` : text;
  return `the server answered with status ${response.status}${excerpt === '' ? '' : `: ${excerpt}`}`;
}

/** RFC 9110 allows seconds or a date; Kubernetes sends seconds only, so a date counts as "not said". */
function retryAfterOf(response: WireResponse): number | undefined {
  const header = response.headers['retry-after'];
  const fromHeader = header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
  const details = isStatus(response.body) ? response.body.details?.retryAfterSeconds : undefined;
  return secondsToMs(fromHeader ?? details);
}

function secondsToMs(seconds: unknown): number | undefined {
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1_000 : undefined;
}

function hasReason(error: unknown, code: number, ...reasons: readonly string[]): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  return error.reason === undefined || error.reason === ''
    ? error.status.code === code
    : reasons.includes(error.reason);
}

/** 404: the object, its namespace, or the whole kind does not exist. */
export function isNotFound(error: unknown): error is ApiError {
  return hasReason(error, 404, 'NotFound');
}

/** 409: someone else changed the object first, or, on apply, another manager owns a field. */
export function isConflict(error: unknown): error is ApiError {
  return hasReason(error, 409, 'Conflict');
}

/** 409 on create: an object of that name exists. */
export function isAlreadyExists(error: unknown): error is ApiError {
  return hasReason(error, -1, 'AlreadyExists');
}

/** 403: the identity may not do this, or admission refused it. */
export function isForbidden(error: unknown): error is ApiError {
  return hasReason(error, 403, 'Forbidden');
}

/** 401: the credentials are missing, wrong or expired. */
export function isUnauthorized(error: unknown): error is ApiError {
  return hasReason(error, 401, 'Unauthorized');
}

/** 422: the object breaks its schema or a validation rule. */
export function isInvalid(error: unknown): error is ApiError {
  return hasReason(error, 422, 'Invalid');
}

/** 410: the resource version or the continue token is too old; list again. */
export function isExpired(error: unknown): error is ApiError {
  return hasReason(error, 410, 'Expired', 'Gone');
}

/** 429: the server is asking for less. */
export function isTooManyRequests(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status.code === 429;
}

/** What a server's cache of one kind says while it fills. */
const STORAGE_STARTS = 'storage is (re)initializing';
const STORAGE_STARTS_RETRY_MS = 1_000;

/**
 * 429 of a server whose cache of this one kind is not filled yet, as for a moment after the kind is defined (the
 * cacher of k8s.io/apiserver). It names a second, but it is no sign of load; a longer wait is meant as it is said.
 */
export function isStorageStarting(error: unknown): error is ApiError {
  return (
    isTooManyRequests(error) &&
    error.status.message === STORAGE_STARTS &&
    (error.afterMs ?? 0) <= STORAGE_STARTS_RETRY_MS
  );
}

/** The write may have happened although it was not acknowledged: look before trying again. */
export function isAmbiguous(error: unknown): boolean {
  if (error instanceof TransportError)
    return error.code !== 'CARTO_CONNECT_FAILED' && error.code !== 'CARTO_CREDENTIALS';
  return error instanceof ApiError && [500, 502, 504].includes(error.status.code);
}

/** True if the Status lists a cause with this reason (`NamespaceTerminating`, `FieldManagerConflict`, …). */
export function hasCause(error: unknown, reason: string): error is ApiError {
  const causes: readonly StatusCause[] = (error instanceof ApiError && error.status.details?.causes) || [];
  return causes.some((cause) => cause.reason === reason);
}
