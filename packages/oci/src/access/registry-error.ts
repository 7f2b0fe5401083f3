import { CartoError, type CartoErrorOptions } from '@cartographer/machinery';

/** In what way a registry did not give what was asked. */
export type RegistryFailure =
  /** 401: it asks for a login, and none of the credentials was taken. */
  | 'Unauthorized'
  /** 403: the login is not enough. */
  | 'Forbidden'
  /** 404: it does not have it, or does not tell whether it has. */
  | 'NotFound'
  /** 429, after waiting as long as it said. */
  | 'RateLimited'
  /** It cannot be reached, broke off, or answers 5xx. */
  | 'Unavailable'
  /** It answers what the specification does not have: another digest, too much, a redirect to nowhere. */
  | 'Misbehaved'
  /** We do not ask there. */
  | 'DestinationRefused';

/**
 * A registry did not give what was asked. The message names host, status and the error code of the OCI specification, and
 * never anything else of what the server said.
 */
export class RegistryError extends CartoError {
  readonly reason: RegistryFailure;
  /** The HTTP status, if there was an answer. */
  readonly status: number | undefined;

  constructor(
    reason: RegistryFailure,
    message: string,
    options: CartoErrorOptions & { readonly status?: number } = {},
  ) {
    super('CARTO_REGISTRY', message, options);
    this.name = 'RegistryError';
    this.reason = reason;
    this.status = options.status;
  }
}
