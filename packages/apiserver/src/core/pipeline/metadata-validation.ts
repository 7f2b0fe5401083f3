import {
  type FieldError,
  forbiddenError,
  goQuote,
  invalidError,
  labelKeyErrors,
  labelValueErrors,
  type ObjectMeta,
  type OwnerReference,
  requiredError,
  tooLongError,
} from '@cartographer/machinery';

const ANNOTATIONS_LIMIT = 256 * 1024;

/** Why metadata is refused, whatever the verb. `nameErrors` gives the rule of the kind. */
export function metadataErrors(
  meta: ObjectMeta,
  nameErrors: (name: string) => readonly string[],
): readonly FieldError[] {
  return [
    ...ownNameErrors(meta.name, nameErrors),
    ...labelErrors(meta.labels ?? {}),
    ...annotationErrors(meta.annotations ?? {}),
    ...finalizerErrors(meta.finalizers ?? []),
    ...ownerErrors(meta.ownerReferences ?? []),
  ];
}

function ownNameErrors(
  name: string | undefined,
  nameErrors: (name: string) => readonly string[],
): readonly FieldError[] {
  if (name === undefined || name === '') return [requiredError('metadata.name', 'name or generateName is required')];
  return nameErrors(name).map((text) => invalidError('metadata.name', name, text));
}

/** Why an update of metadata is refused. */
export function metadataUpdateErrors(meta: ObjectMeta, old: ObjectMeta): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) {
    const known = new Set(old.finalizers);
    const added = (meta.finalizers ?? []).filter((finalizer) => !known.has(finalizer));
    if (added.length > 0) {
      const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
      const text = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
      errors.push(forbiddenError('metadata.finalizers', text));
    }
  }
  return errors;
}

function labelErrors(labels: Readonly<Record<string, string>>): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels)) {
    for (const text of labelKeyErrors(key)) errors.push(invalidError('metadata.labels', key, text));
    for (const text of labelValueErrors(value)) errors.push(invalidError('metadata.labels', value, text));
  }
  return errors;
}

function annotationErrors(annotations: Readonly<Record<string, string>>): readonly FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) {
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
    // the key's name part may be upper case, the whole key is checked in lower case
    for (const text of labelKeyErrors(key.toLowerCase())) errors.push(invalidError('metadata.annotations', key, text));
  }
  if (size > ANNOTATIONS_LIMIT) errors.push(tooLongError('metadata.annotations', ANNOTATIONS_LIMIT));
  return errors;
}

function finalizerErrors(finalizers: readonly string[]): readonly FieldError[] {
  const errors = finalizers.flatMap((finalizer, index) =>
    labelKeyErrors(finalizer).map((text) => invalidError(`metadata.finalizers[${index}]`, finalizer, text)),
  );
  const both = finalizers.includes('orphan') && finalizers.includes('foregroundDeletion');
  if (both) {
    errors.push(
      invalidError('metadata.finalizers', finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'),
    );
  }
  return errors;
}

function ownerErrors(owners: readonly OwnerReference[]): readonly FieldError[] {
  const errors: FieldError[] = [];
  const field = 'metadata.ownerReferences';
  for (const owner of owners) {
    if (!owner.apiVersion)
      errors.push(invalidError(`${field}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty'));
    if (!owner.kind) errors.push(invalidError(`${field}.kind`, owner.kind ?? '', 'kind must not be empty'));
    if (!owner.name) errors.push(invalidError(`${field}.name`, owner.name ?? '', 'name must not be empty'));
    if (!owner.uid) errors.push(invalidError(`${field}.uid`, owner.uid ?? '', 'uid must not be empty'));
  }
  const [first, second] = owners.filter((owner) => owner.controller === true);
  if (first !== undefined && second !== undefined) {
    const text = `Only one reference can have Controller set to true. Found "true" in references for ${first.kind}/${first.name} and ${second.kind}/${second.name}`;
    errors.push({ reason: 'FieldValueInvalid', field, message: `Invalid value: ${ownersText(owners)}: ${text}` });
  }
  return errors;
}

/** The references in Go syntax; pointers are shown by what they point to. */
function ownersText(owners: readonly OwnerReference[]): string {
  const pointer = (value: boolean | undefined): string => (value === undefined ? '(*bool)(nil)' : `(*bool)(${value})`);
  const texts = owners.map(
    ({ apiVersion, kind, name, uid, controller, blockOwnerDeletion }) =>
      `v1.OwnerReference{APIVersion:${goQuote(apiVersion)}, Kind:${goQuote(kind)}, Name:${goQuote(name)}, UID:${goQuote(uid)}, Controller:${pointer(controller)}, BlockOwnerDeletion:${pointer(blockOwnerDeletion)}}`,
  );
  return `[]v1.OwnerReference{${texts.join(', ')}}`;
}
