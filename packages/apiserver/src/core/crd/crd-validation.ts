import {
  compileJsonPath,
  deepEqual,
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  type FieldError,
  invalidError,
  isList,
  notSupportedError,
  requiredError,
  structuralErrors,
} from '@cartographer/machinery';

import type { Crd, CrdVersion } from './crd-types.ts';

const APPROVAL = 'api-approved.kubernetes.io';
const COLUMN_TYPES = ['integer', 'number', 'string', 'boolean', 'date'];

/** Why a definition is refused. */
export function crdErrors(crd: Crd, old: Crd | undefined): readonly FieldError[] {
  const spec = crd.spec as Partial<Crd['spec']> | undefined;
  if (spec === undefined) return [requiredError('spec')];
  if (!isList(spec.versions) || spec.versions.length === 0) {
    return [...nameErrors(crd), requiredError('spec.versions', 'must have at least one version')];
  }
  return [
    ...nameErrors(crd),
    ...groupErrors(crd),
    ...scopeErrors(crd),
    ...namesErrors(crd),
    ...versionsErrors(crd, old),
    ...preserveErrors(crd),
    ...conversionErrors(crd),
    ...(old === undefined ? [] : immutableErrors(crd, old)),
    ...storedVersionsErrors(crd, old),
  ];
}

function nameErrors({ metadata, spec }: Crd): readonly FieldError[] {
  const wanted = `${spec.names?.plural ?? ''}.${spec.group ?? ''}`;
  if (metadata.name === wanted) return [];
  return [invalidError('metadata.name', metadata.name ?? '', 'must be spec.names.plural+"."+spec.group')];
}

function groupErrors({ metadata, spec }: Crd): readonly FieldError[] {
  const group = spec.group ?? '';
  if (group === '') return [requiredError('spec.group')];
  const errors = dns1123SubdomainErrors(group).map((text) => invalidError('spec.group', group, text));
  if (!group.includes('.')) errors.push(invalidError('spec.group', group, 'should be a domain with at least one dot'));
  const isProtected = /(^|\.)(k8s|kubernetes)\.io$/.test(group);
  if (isProtected && !metadata.annotations?.[APPROVAL]) {
    const text = `protected groups must have approval annotation "${APPROVAL}", see https://github.com/kubernetes/enhancements/pull/1111`;
    errors.push(requiredError(`metadata.annotations[${APPROVAL}]`, text));
  }
  return errors;
}

function scopeErrors({ spec }: Crd): readonly FieldError[] {
  const scope = (spec.scope ?? '') as string;
  if (scope === '') return [requiredError('spec.scope')];
  if (scope === 'Namespaced' || scope === 'Cluster') return [];
  return [notSupportedError('spec.scope', scope, ['Cluster', 'Namespaced'])];
}

function namesErrors({ spec }: Crd): readonly FieldError[] {
  const names = spec.names ?? { plural: '', kind: '' };
  const errors: FieldError[] = [];
  const check = (field: string, value: string | undefined, required: boolean, lower = false): void => {
    if (!value) {
      if (required) errors.push(requiredError(`spec.names.${field}`));
      return;
    }
    const text = lower ? value.toLowerCase() : value;
    for (const error of dns1035LabelErrors(text)) errors.push(invalidError(`spec.names.${field}`, value, error));
  };
  check('plural', names.plural, true);
  check('singular', names.singular, false);
  check('kind', names.kind, true, true);
  check('listKind', names.listKind, false, true);
  for (const [index, short] of (names.shortNames ?? []).entries()) check(`shortNames[${index}]`, short, true);
  if (names.kind && names.kind === names.listKind) {
    errors.push(invalidError('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'));
  }
  return errors;
}

function versionsErrors({ spec }: Crd, old: Crd | undefined): readonly FieldError[] {
  const { versions } = spec;
  const errors: FieldError[] = [];
  for (const [index, version] of versions.entries()) {
    const before = old?.spec.versions.find(({ name }) => name === version.name);
    errors.push(...versionErrors(version, index, versions.length === 1, before));
  }
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    errors.push(goInvalid('spec.versions', versionsText(versions), 'must contain unique version names'));
  }
  if (versions.filter((version) => version.storage).length === 1) return errors;
  errors.push(
    goInvalid('spec.versions', versionsText(versions), 'must have exactly one version marked as storage version'),
  );
  return errors;
}

/**
 * A version that objects may be stored in must stay: nothing could read them without it. A write to the status, which
 * is how a version is given up once its objects have been stored anew, is not held to it.
 */
function storedVersionsErrors({ spec, status }: Crd, old: Crd | undefined): readonly FieldError[] {
  if (old !== undefined && deepEqual(spec, old.spec) && !deepEqual(status, old.status)) return [];
  const stored = status?.storedVersions ?? [];
  const field = 'status.storedVersions';
  if (!isList(stored) || stored.length === 0) {
    return [goInvalid(field, '[]string(nil)', 'must have at least one stored version')];
  }
  const shown = `[]string{${stored.map((name) => JSON.stringify(name)).join(', ')}}`;
  const unstored = spec.versions.filter(({ name, storage }) => storage && !stored.includes(name));
  const errors = unstored.map(({ name }) => goInvalid(field, shown, `must have the storage version ${name}`));
  for (const [i, name] of stored.entries()) {
    if (spec.versions.some((version) => version.name === name)) continue;
    const text = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    errors.push(invalidError(`${field}[${i}]`, name, text));
  }
  return errors;
}

function goInvalid(field: string, value: string, detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${value}: ${detail}` };
}

function versionsText(versions: readonly CrdVersion[]): string {
  const texts = versions.map(
    ({ name, served, storage }) =>
      `apiextensions.CustomResourceDefinitionVersion{Name:${JSON.stringify(name)}, Served:${served}, Storage:${storage}, Deprecated:false, DeprecationWarning:(*string)(nil), Schema:(*apiextensions.CustomResourceValidation)(nil), Subresources:(*apiextensions.CustomResourceSubresources)(nil), AdditionalPrinterColumns:[]apiextensions.CustomResourceColumnDefinition(nil), SelectableFields:[]apiextensions.SelectableField(nil)}`,
  );
  return `[]apiextensions.CustomResourceDefinitionVersion{${texts.join(', ')}}`;
}

function versionErrors(
  version: CrdVersion,
  index: number,
  isOnly: boolean,
  before: CrdVersion | undefined,
): readonly FieldError[] {
  const field = `spec.versions[${index}]`;
  const errors: FieldError[] = [];
  if (!version.name) errors.push(requiredError(`${field}.name`));
  else
    for (const text of dns1035LabelErrors(version.name)) errors.push(invalidError(`${field}.name`, version.name, text));
  const schema = version.schema?.openAPIV3Schema;
  if (schema === undefined) {
    errors.push(requiredError(`${field}.schema.openAPIV3Schema`, 'schemas are required'));
  } else {
    // a lone version's schema is reported where it stood before versions had schemas of their own
    const root = isOnly ? 'spec.validation.openAPIV3Schema' : `${field}.schema.openAPIV3Schema`;
    const isUnchanged = deepEqual(schema, before?.schema?.openAPIV3Schema);
    for (const error of structuralErrors(schema, undefined, { isUnchanged })) {
      errors.push({ ...error, field: under(root, error.field) });
    }
  }
  for (const [at, column] of (version.additionalPrinterColumns ?? []).entries()) {
    errors.push(...columnErrors(column, `${field}.additionalPrinterColumns[${at}]`));
  }
  return errors;
}

function under(root: string, field: string): string {
  if (field === '') return root;
  if (field.startsWith('spec.validation.openAPIV3Schema'))
    return root + field.slice('spec.validation.openAPIV3Schema'.length);
  return field.startsWith('[') ? root + field : `${root}.${field}`;
}

function columnErrors(
  column: Partial<NonNullable<CrdVersion['additionalPrinterColumns']>[number]>,
  field: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (!column.name) errors.push(requiredError(`${field}.name`));
  if (!column.type) errors.push(requiredError(`${field}.type`, `must be one of ${COLUMN_TYPES.join(',')}`));
  else if (!COLUMN_TYPES.includes(column.type)) {
    errors.push(invalidError(`${field}.type`, column.type, `must be one of ${COLUMN_TYPES.join(',')}`));
  }
  const path = column.jsonPath ?? '';
  if (path === '') return [...errors, requiredError(`${field}.jsonPath`, 'JSON path must be specified')];
  try {
    compileJsonPath(`{${path}}`);
  } catch (error) {
    errors.push(invalidError(`${field}.jsonPath`, path, `is an invalid JSON path: ${(error as Error).message}`));
  }
  return errors;
}

function conversionErrors({ spec }: Crd): readonly FieldError[] {
  const strategy = spec.conversion?.strategy ?? 'None';
  if (strategy === 'None') return [];
  // webhook conversion is not carried: refused rather than ignored
  return [notSupportedError('spec.conversion.strategy', strategy, ['None'])];
}

/** Pruning can no longer be switched off for a whole kind. */
function preserveErrors({ spec }: Crd): readonly FieldError[] {
  if (spec.preserveUnknownFields !== true) return [];
  const text =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  return [invalidError('spec.preserveUnknownFields', true, text)];
}

function immutableErrors(crd: Crd, old: Crd): readonly FieldError[] {
  const errors: FieldError[] = [];
  const check = (field: string, value: string | undefined, before: string | undefined): void => {
    if (value !== before) errors.push(invalidError(field, value ?? '', 'field is immutable'));
  };
  check('spec.scope', crd.spec.scope, old.spec.scope);
  check('spec.group', crd.spec.group, old.spec.group);
  check('spec.names.plural', crd.spec.names.plural, old.spec.names.plural);
  return errors;
}
