import { goQuote } from '../text/go-text.ts';
import type { StatusCause } from '../values/status.ts';
import type { FieldSet } from './field-set.ts';
import { pathTexts } from './field-set.ts';
import type { Owner } from './managed-fields.ts';
import { ownerId } from './managed-fields.ts';

/** What another manager owns that an apply would change. */
export type Conflict = { readonly owner: Owner; readonly fields: FieldSet };

/** The message of a refused apply, as Kubernetes words it. */
export function conflictMessage(conflicts: readonly Conflict[]): string {
  const causes = conflictCauses(conflicts);
  const [first] = causes;
  if (first !== undefined && causes.length === 1) {
    return `Apply failed with 1 conflict: ${first.message}: ${first.field}`;
  }
  const lines = sorted(conflicts).flatMap(({ owner, fields }) => [
    `conflicts with ${managerText(owner)}:`,
    ...pathTexts(fields).map((path) => `- ${path}`),
  ]);
  return `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`;
}

/** One cause per conflicting path; kubectl builds its advice from them. */
export function conflictCauses(conflicts: readonly Conflict[]): readonly (StatusCause & { field: string })[] {
  return sorted(conflicts).flatMap(({ owner, fields }) =>
    pathTexts(fields).map((field) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${managerText(owner)}`,
      field,
    })),
  );
}

function sorted(conflicts: readonly Conflict[]): readonly Conflict[] {
  return conflicts.toSorted((left, right) => (ownerId(left.owner) < ownerId(right.owner) ? -1 : 1));
}

function managerText(owner: Owner): string {
  const subresource = owner.subresource === '' ? '' : ` with subresource ${goQuote(owner.subresource)}`;
  const version = owner.operation === 'Update' ? ` using ${owner.apiVersion}` : '';
  return `${goQuote(owner.manager)}${subresource}${version}`;
}
