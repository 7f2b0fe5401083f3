import {
  type FieldError,
  forbiddenError,
  invalidError,
  notSupportedError,
  requiredError,
  tooLongError,
} from '@cartographer/machinery';

import type { DeleteOptions, WriteOptions } from '../../core-api.ts';
import { invalidOptions } from '../invalid.ts';

const FIELD_MANAGER_LIMIT = 128;

/** The verb whose options are checked; it names the options kind in the error. */
export type WriteVerb = 'create' | 'update' | 'patch' | 'apply';

const OPTIONS_KIND = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions', apply: 'PatchOptions' };

/**
 * Judges the query parameters of a write.
 * @throws StatusError 422 naming the bad ones.
 */
export function checkWriteOptions(verb: WriteVerb, options: WriteOptions): void {
  const errors: FieldError[] = [];
  if (options.force === true && verb !== 'apply') {
    errors.push(forbiddenError('force', 'may not be specified for non-apply patch'));
  }
  const manager = options.fieldManager ?? '';
  if (verb === 'apply' && manager === '') errors.push(requiredError('fieldManager', 'is required for apply patch'));
  if (manager.length > FIELD_MANAGER_LIMIT) errors.push(tooLongError('fieldManager', FIELD_MANAGER_LIMIT));
  else if (/[^\p{L}\p{N}\p{P}\p{S}\p{M} ]/u.test(manager)) {
    errors.push(invalidError('fieldManager', manager, 'should only contain printable characters'));
  }
  errors.push(...dryRunErrors(options.dryRun));
  const validation = options.fieldValidation ?? '';
  if (!['', 'Ignore', 'Strict', 'Warn'].includes(validation)) {
    errors.push(notSupportedError('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']));
  }
  if (errors.length > 0) throw invalidOptions(OPTIONS_KIND[verb], errors);
}

/** How dependents of a deleted object fare. */
export type Propagation = 'Foreground' | 'Background' | 'Orphan';

/**
 * Judges the options of a delete and gives the policy, undefined when none was asked for.
 * @throws StatusError 422 naming the bad ones.
 */
export function checkDeleteOptions(options: DeleteOptions): Propagation | undefined {
  const { propagationPolicy: policy, orphanDependents } = options;
  const errors: FieldError[] = [];
  if (policy !== undefined && orphanDependents !== undefined) {
    errors.push(
      invalidError('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set'),
    );
  }
  const known = policy === 'Foreground' || policy === 'Background' || policy === 'Orphan';
  if (policy !== undefined && policy !== '' && !known) {
    const supported = ['Foreground', 'Background', 'Orphan', 'nil'];
    errors.push(notSupportedError('propagationPolicy', policy, supported));
  }
  errors.push(...dryRunErrors(options.dryRun));
  if (errors.length > 0) throw invalidOptions('DeleteOptions', errors);
  if (orphanDependents !== undefined) return orphanDependents ? 'Orphan' : 'Background';
  return known ? policy : undefined;
}

function dryRunErrors(dryRun: string | undefined): readonly FieldError[] {
  if (dryRun === undefined || dryRun === '' || dryRun === 'All') return [];
  const message = `Unsupported value: []string{${JSON.stringify(dryRun)}}: supported values: "All"`;
  return [{ reason: 'FieldValueNotSupported', field: 'dryRun', message }];
}
