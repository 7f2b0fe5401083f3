import { type FieldError, forbiddenError, notSupportedError } from '@cartographer/machinery';

import type { ListOptions, WatchOptions } from '../core-api.ts';
import { badRequest } from '../status-error.ts';
import { invalidOptions } from './invalid.ts';
import { versionProblem } from './resource-version.ts';

const MATCH = 'resourceVersionMatch';
const WITH_CONTINUE = 'resourceVersionMatch is forbidden when continue is provided';

/**
 * Judges the query parameters of a list, and of a delete of all that a list would give.
 * @throws StatusError 422 for parameters that do not go together, 400 for a version that is no number.
 */
export function checkListOptions(options: ListOptions): void {
  const errors = [...listMatchErrors(options)];
  if (options.sendInitialEvents !== undefined) {
    errors.push(forbiddenError('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  if (errors.length > 0) throw invalidOptions('ListOptions', errors);
  const problem = options.resourceVersion ? versionProblem(options.resourceVersion) : undefined;
  if (problem !== undefined) throw badRequest(`invalid resource version: ${problem}`);
}

function listMatchErrors(options: ListOptions): readonly FieldError[] {
  const { resourceVersion, resourceVersionMatch: match } = options;
  if (!match) return [];
  const errors: FieldError[] = [];
  if (!resourceVersion) {
    errors.push(forbiddenError(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  }
  if (options.continue) errors.push(forbiddenError(MATCH, WITH_CONTINUE));
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    errors.push(notSupportedError(MATCH, match, ['Exact', 'NotOlderThan', '']));
  }
  if (match === 'Exact' && resourceVersion === '0') {
    errors.push(forbiddenError(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return errors;
}

/**
 * Judges the query parameters of a watch.
 * @throws StatusError 422
 */
export function checkWatchOptions(options: WatchOptions): void {
  const { resourceVersionMatch: match, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(forbiddenError(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  }
  if (sendInitialEvents === undefined && match) {
    errors.push(
      forbiddenError(MATCH, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
    );
  }
  if (match && match !== 'NotOlderThan') errors.push(notSupportedError(MATCH, match, ['NotOlderThan']));
  if (options.continue) errors.push(forbiddenError(MATCH, WITH_CONTINUE));
  if (errors.length > 0) throw invalidOptions('ListOptions', errors);
}
