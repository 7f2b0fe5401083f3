export * from './apply/apply.ts';
export * from './apply/field-managers.ts';
export { intentOfChange, type OwnedChange } from './apply/intent-of-change.ts';
export * from './apply/merge-schema.ts';
export { type TakenEntries, withTakenEntries } from './apply/taken-entries.ts';
export { typedErrors } from './apply/typed-errors.ts';
export { mergeFragment } from './apply/typed-fragment.ts';
export { RuleError } from './cel/cel-expression.ts';
export {
  type CelInput,
  type CelPredicate,
  type CelQuery,
  celInput,
  compilePredicate,
  compileQuery,
} from './cel/cel-query.ts';
export * from './jsonpath/jsonpath.ts';
export { JsonPathError } from './jsonpath/jsonpath-error.ts';
export { applyJsonPatch } from './patch/json-patch.ts';
export { applyMergePatch, createMergePatch, withoutNulls } from './patch/merge-patch.ts';
export { PatchError } from './patch/patch-error.ts';
export { applyStrategicMergePatch, type ListPatchRule, type PatchSchema } from './patch/strategic-merge-patch.ts';
export * from './schema/compiled-schema.ts';
export { withoutNullKeywords } from './schema/null-keywords.ts';
export { DefaultsTooLargeError } from './schema/schema-defaults.ts';
export { structuralErrors } from './schema/structural-errors.ts';
export { SelectorError } from './selectors/selector-error.ts';
export { parseLabelSelector } from './selectors/selector-parser.ts';
export {
  type FieldRequirement,
  type LabelRequirement,
  type LabelSelector,
  type LabelSelectorSpec,
  labelSelectorOf,
  parseFieldSelector,
  type SelectorOperator,
} from './selectors/selectors.ts';
export * from './text/field-error.ts';
export { type GlobDialect, matchesGlob } from './text/file-glob.ts';
export { globMatches } from './text/glob.ts';
export { goDuration } from './text/go-duration.ts';
export { goJson, goQuote, goText } from './text/go-text.ts';
export * from './text/names.ts';
export { PatternError } from './text/schema-pattern.ts';
export { Secret } from './text/secret.ts';
export { trimRight } from './text/trim-right.ts';
export { parseYamlDocuments, toYaml } from './text/yaml.ts';
export { YamlError } from './text/yaml-error.ts';
export { yamlSafeJson } from './text/yaml-safe-json.ts';
export { orAborted, whenAborted } from './values/aborted.ts';
export { allEnded } from './values/all-ended.ts';
export { BoundedMap } from './values/bounded-map.ts';
export * from './values/carto-error.ts';
export * from './values/conditions.ts';
export { boundConnections, type Connections, type DropReason } from './values/connections.ts';
export * from './values/error-codes.ts';
export * from './values/json.ts';
export * from './values/kube-object.ts';
export { memoByIdentity } from './values/memo-by-identity.ts';
export * from './values/nesting.ts';
export * from './values/opaque-json.ts';
export * from './values/ports.ts';
export {
  canonicalQuantity,
  compareQuantities,
  parseQuantity,
  type Quantity,
  type QuantityFormat,
} from './values/quantity.ts';
export { createRetryBackoff, type RetryBackoff } from './values/retry-backoff.ts';
export { createRoom, type Place, type Room } from './values/room.ts';
export * from './values/status.ts';
export * from './values/structural-schema.ts';
export * from './values/wire.ts';
