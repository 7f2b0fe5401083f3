import { causesOf, type FieldError, failure, invalidMessage } from '@cartographer/machinery';

import type { ResourceInfo } from '../core-api.ts';
import { StatusError } from '../status-error.ts';

/** 422 about an object: `Gadget.probe.test "g1" is invalid: …` with one cause per error. */
export function invalid(
  info: Pick<ResourceInfo, 'group' | 'kind'>,
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const subject = info.group === '' ? info.kind : `${info.kind}.${info.group}`;
  return new StatusError(
    failure(422, 'Invalid', `${subject} "${name}" is invalid: ${invalidMessage(errors)}`, {
      ...(name === '' ? {} : { name }),
      ...(info.group === '' ? {} : { group: info.group }),
      kind: info.kind,
      causes: causesOf(errors),
    }),
  );
}

/** 422 about query parameters: `PatchOptions.meta.k8s.io "" is invalid: …`. */
export function invalidOptions(kind: string, errors: readonly FieldError[]): StatusError {
  return invalid({ group: 'meta.k8s.io', kind }, '', errors);
}
