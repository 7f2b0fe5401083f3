import { failure, type Status, type StatusCause } from '@cartographer/machinery';

import type { ResourceInfo } from './core-api.ts';

/** The one error class of the API server: carries the Status that the client gets. */
export class StatusError extends Error {
  readonly status: Status;

  constructor(status: Status, options?: ErrorOptions) {
    super(status.message, options);
    this.name = 'StatusError';
    this.status = status;
  }
}

type Named = Pick<ResourceInfo, 'group' | 'resource'>;

/** `plural.group "name"`, or without a name that is not known yet: how Kubernetes names an object in errors. */
function subject(info: Named, name: string): string {
  const resource = info.group === '' ? info.resource : `${info.resource}.${info.group}`;
  return name === '' ? resource : `${resource} "${name}"`;
}

function detailsOf(info: Named, name: string): NonNullable<Status['details']> {
  return {
    ...(name === '' ? {} : { name }),
    ...(info.group === '' ? {} : { group: info.group }),
    kind: info.resource,
  };
}

/** 400. */
export function badRequest(message: string): StatusError {
  return new StatusError(failure(400, 'BadRequest', message));
}

/** 404 about one object. */
export function notFound(info: Named, name: string): StatusError {
  return new StatusError(failure(404, 'NotFound', `${subject(info, name)} not found`, detailsOf(info, name)));
}

/** 409 of a create. */
export function alreadyExists(info: Named, name: string): StatusError {
  return new StatusError(failure(409, 'AlreadyExists', `${subject(info, name)} already exists`, detailsOf(info, name)));
}

/** 409 of an update or a failed precondition. */
export function conflict(info: Named, name: string, message: string): StatusError {
  return new StatusError(
    failure(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${subject(info, name)}: ${message}`,
      detailsOf(info, name),
    ),
  );
}

/** 403 about one object. */
export function forbidden(info: Named, name: string, message: string, causes?: readonly StatusCause[]): StatusError {
  return new StatusError(
    failure(403, 'Forbidden', `${subject(info, name)} is forbidden: ${message}`, {
      ...detailsOf(info, name),
      ...(causes === undefined ? {} : { causes }),
    }),
  );
}

/** 500; without a reason, as a real server answers for plain Go errors, unless one is given. */
export function internalError(message: string, reason?: string): StatusError {
  return new StatusError(failure(500, reason, message));
}
