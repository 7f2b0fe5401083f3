import { failure, invalidMessage, type StatusCause, type WireResponse } from '@cartographer/machinery';

import { StatusError } from '../../status-error.ts';

/** The answer for a path that leads nowhere: plain text, as Go's mux gives it. */
export function pageNotFound(): WireResponse {
  return text(404, '404 page not found\n');
}

/** A plain text answer. */
export function text(status: number, body: string): WireResponse {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: new TextEncoder().encode(body),
  };
}

/** 401. */
export function unauthorized(): StatusError {
  return new StatusError(failure(401, 'Unauthorized', 'Unauthorized'));
}

/** 404 for a resource that a served group does not have. */
export function unknownResource(): StatusError {
  return new StatusError(failure(404, 'NotFound', 'the server could not find the requested resource', {}));
}

/** 405. */
export function methodNotAllowed(): StatusError {
  return new StatusError(
    failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {}),
  );
}

/** 406, with the media types that are spoken. */
export function notAcceptable(types: readonly string[]): StatusError {
  const message = `only the following media types are accepted: ${types.join(', ')}`;
  return new StatusError(failure(406, 'NotAcceptable', message));
}

/** 415, with the media types that are read. */
export function unsupportedMediaType(types: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`;
  return new StatusError(failure(415, 'UnsupportedMediaType', message));
}

/** 415 for a kind that cannot be read in the encoding in which it came. */
export function unreadable(message: string): StatusError {
  return new StatusError(failure(415, 'UnsupportedMediaType', message));
}

/** 413. */
export function tooLarge(limitBytes: number): StatusError {
  return new StatusError(failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`));
}

/** 429: the client should come again after a second. */
export function tooManyRequests(): StatusError {
  return new StatusError(
    failure(429, 'TooManyRequests', 'Too many requests, please try again later.', { retryAfterSeconds: 1 }),
  );
}

/** 501-like refusal of what a real server has and this one does not. */
export function notCarried(what: string): StatusError {
  return new StatusError(
    failure(405, 'MethodNotAllowed', `${what} is not supported by this development API server`, {}),
  );
}

/** 422 about a request document (`TokenRequest`, `ListOptions`). */
export function invalid(
  kind: string,
  group: string,
  name: string,
  causes: readonly Required<StatusCause>[],
): StatusError {
  const subject = `${group === '' ? kind : `${kind}.${group}`} ${JSON.stringify(name)}`;
  return new StatusError(
    failure(
      422,
      'Invalid',
      `${subject} is invalid: ${invalidMessage(causes as Parameters<typeof invalidMessage>[0])}`,
      {
        ...(name === '' ? {} : { name }),
        ...(group === '' ? {} : { group }),
        ...(kind === '' ? {} : { kind }),
        causes,
      },
    ),
  );
}
