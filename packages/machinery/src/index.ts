export { allEnded } from './values/all-ended.ts';
export { BoundedMap } from './values/bounded-map.ts';
export * from './values/carto-error.ts';
export { boundConnections, type Connections, type DropReason } from './values/connections.ts';
export * from './values/json.ts';
export * from './values/kube-object.ts';
export * from './values/ports.ts';
export { createRoom, type Place, type Room } from './values/room.ts';
export * from './values/status.ts';
export * from './values/wire.ts';
export { goJson, goQuote, goText } from './text/go-text.ts';
export { applyJsonPatch } from './patch/json-patch.ts';
export { JsonPathError } from './jsonpath/jsonpath-error.ts';
export * from './jsonpath/jsonpath.ts';
export { applyMergePatch, createMergePatch } from './patch/merge-patch.ts';
export * from './text/names.ts';
export * from './values/opaque-json.ts';
export { PatchError } from './patch/patch-error.ts';
export { applyStrategicMergePatch, type ListPatchRule, type PatchSchema } from './patch/strategic-merge-patch.ts';
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
export { parseYamlDocuments, toYaml } from './text/yaml.ts';
export { yamlSafeJson } from './text/yaml-safe-json.ts';
export { YamlError } from './text/yaml-error.ts';
export {
  canonicalQuantity,
  compareQuantities,
  parseQuantity,
  type Quantity,
  type QuantityFormat,
} from './values/quantity.ts';
export * from './apply/apply.ts';
export * from './schema/compiled-schema.ts';
export * from './values/conditions.ts';
export * from './text/field-error.ts';
export * from './apply/merge-schema.ts';
export * from './values/nesting.ts';
export { DefaultsTooLargeError } from './schema/schema-defaults.ts';
export { PatternError } from './text/schema-pattern.ts';
export * from './values/structural-schema.ts';
export { trimRight } from './text/trim-right.ts';
export { RuleError } from './cel/cel-expression.ts';
export { structuralErrors } from './schema/structural-errors.ts';
export { withoutNullKeywords } from './schema/null-keywords.ts';
