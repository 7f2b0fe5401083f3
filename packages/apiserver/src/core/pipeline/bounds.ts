import { failure, MAX_NESTING } from '@cartographer/machinery';

import { badRequest, StatusError } from '../../status-error.ts';

/** The limit of a real server's bodies; here no object may grow beyond it either, however many patches it took. */
const SIZE_LIMIT = 3 * 1024 * 1024;

/**
 * Checks that JSON nests within bounds, so that code may recurse over it, and that it is of a reasonable size. A real
 * server takes 10,000 levels; nothing real needs 100.
 * @throws StatusError 400 or 413.
 */
export function checkBounds(value: unknown): void {
  if (sizeOf(value, 0, 0) > SIZE_LIMIT) throw tooLarge();
}

/** The answer to an object that is, or would become, too large. A real server answers 500: etcd takes half of it. */
export function tooLarge(): StatusError {
  return new StatusError(failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${SIZE_LIMIT}`));
}

/** The size so far plus roughly the value's length as text; stops counting beyond the limit. */
function sizeOf(value: unknown, sizeBefore: number, depth: number): number {
  if (typeof value === 'string') return sizeBefore + value.length;
  if (typeof value !== 'object' || value === null) return sizeBefore + 4;
  if (depth >= MAX_NESTING) throw badRequest(`exceeded max depth: objects may nest ${MAX_NESTING} levels deep`);
  let size = sizeBefore;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (size > SIZE_LIMIT) return size;
      size = sizeOf(item, size + 1, depth + 1);
    }
    return size;
  }
  for (const key of Object.keys(value)) {
    if (size > SIZE_LIMIT) return size;
    size = sizeOf((value as Record<string, unknown>)[key], size + key.length + 4, depth + 1);
  }
  return size;
}
