export { allEnded } from './all-ended.ts';
export * from './carto-error.ts';
export { boundConnections, type Connections, type DropReason } from './connections.ts';
export * from './json.ts';
export * from './kube-object.ts';
export * from './ports.ts';
export { createRoom, type Place, type Room } from './room.ts';
export * from './status.ts';
export * from './wire.ts';
export { goJson, goQuote, goText } from './go-text.ts';
export { applyJsonPatch } from './json-patch.ts';
export { JsonPathError } from './jsonpath-error.ts';
export * from './jsonpath.ts';
export { applyMergePatch, createMergePatch } from './merge-patch.ts';
export * from './names.ts';
export * from './opaque-json.ts';
export { PatchError } from './patch-error.ts';
export { applyStrategicMergePatch, type ListPatchRule, type PatchSchema } from './strategic-merge-patch.ts';
export { SelectorError } from './selector-error.ts';
export { parseLabelSelector } from './selector-parser.ts';
export {
  type FieldRequirement,
  type LabelRequirement,
  type LabelSelector,
  type LabelSelectorSpec,
  labelSelectorOf,
  parseFieldSelector,
  type SelectorOperator,
} from './selectors.ts';
export { parseYamlDocuments, toYaml } from './yaml.ts';
export { yamlSafeJson } from './yaml-safe-json.ts';
export { YamlError } from './yaml-error.ts';
export { canonicalQuantity, compareQuantities, parseQuantity, type Quantity, type QuantityFormat } from './quantity.ts';
export * from './apply.ts';
export * from './compiled-schema.ts';
export * from './conditions.ts';
export * from './field-error.ts';
export * from './merge-schema.ts';
export * from './nesting.ts';
export { DefaultsTooLargeError } from './schema-defaults.ts';
export { PatternError } from './schema-pattern.ts';
export * from './structural-schema.ts';
export { trimRight } from './trim-right.ts';
export { RuleError } from './cel-expression.ts';
export { structuralErrors } from './structural-errors.ts';
export { withoutNullKeywords } from './null-keywords.ts';
