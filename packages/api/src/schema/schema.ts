import type { Json, JsonObject, ValidationRule } from '@cartographer/machinery';

/**
 * A node of a structural schema: the part of OpenAPI v3 that a CustomResourceDefinition may use and that our kinds
 * need. It is plain JSON, so it goes into a CRD as it stands.
 */
export type SchemaNode = {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode;
  readonly items?: SchemaNode;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly format?: 'date-time' | 'int64' | 'double';
  readonly default?: Json;
  readonly anyOf?: readonly SchemaNode[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-int-or-string'?: true;
  readonly 'x-kubernetes-map-type'?: 'atomic';
  readonly 'x-kubernetes-list-type'?: 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
};

declare const valueType: unique symbol;

/** A schema and, for the compiler only, the TypeScript type of the values that satisfy it. */
export type Schema<T> = { readonly node: SchemaNode; readonly required?: boolean; readonly [valueType]?: T };

/** The TypeScript type of the values that a schema describes. */
export type Infer<S> = S extends Schema<infer T> ? T : never;

/** The fields of an object; a field is optional unless wrapped in {@link required}. */
export type SchemaFields = Readonly<Record<string, Schema<unknown>>>;

type RequiredKeys<F extends SchemaFields> = {
  [K in keyof F]: F[K] extends { readonly required: true } ? K : never;
}[keyof F];

type ObjectOf<F extends SchemaFields> = Simplify<
  { readonly [K in RequiredKeys<F>]: Infer<F[K]> } & { readonly [K in Exclude<keyof F, RequiredKeys<F>>]?: Infer<F[K]> }
>;

type Simplify<T> = { readonly [K in keyof T]: T[K] };

const schema = <T>(node: SchemaNode): Schema<T> => ({ node });

/** Marks a field that must be there. */
export function required<T>(field: Schema<T>): Schema<T> & { readonly required: true } {
  return { ...field, required: true };
}

/** The same schema with another description: for a shared type that means something else in each place. */
export function described<T>(description: string, of: Schema<T>): Schema<T> {
  return schema({ ...of.node, description });
}

/** The same schema with a value that the API server fills in when the field is absent. */
export function withDefault<T>(value: T & Json, of: Schema<T>): Schema<T> {
  return schema({ ...of.node, default: value });
}

/** What holds for an object beyond its fields. */
type ObjectOptions = {
  /** Apply takes and replaces it whole. */
  readonly atomic?: boolean;
  /** At least one field must be there. */
  readonly notEmpty?: boolean;
  /** CEL rules of the definition, each with its message: `image` and `registry` cannot both be there. */
  readonly rules?: readonly ValidationRule[];
};

/** An object with known fields; all others are pruned. */
export function object<F extends SchemaFields>(
  description: string,
  fields: F,
  { atomic = false, notEmpty = false, rules = [] }: ObjectOptions = {},
): Schema<ObjectOf<F>> {
  const names = Object.keys(fields);
  const requiredNames = names.filter((name) => fields[name]?.required === true);
  return schema({
    type: 'object',
    description,
    ...(requiredNames.length > 0 ? { required: requiredNames.toSorted() } : {}),
    properties: Object.fromEntries(names.toSorted().map((name) => [name, fields[name]?.node ?? {}])),
    ...(notEmpty ? { minProperties: 1 } : {}),
    ...(atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    ...(rules.length > 0 ? { 'x-kubernetes-validations': rules } : {}),
  });
}

/** An object whose fields are the user's own and are kept as they are. */
export function freeObject(description: string): Schema<JsonObject> {
  return schema({ type: 'object', description, 'x-kubernetes-preserve-unknown-fields': true });
}

/** Any JSON value. */
export function any(description: string): Schema<Json> {
  return schema({ description, 'x-kubernetes-preserve-unknown-fields': true });
}

/** A text. */
export function string(
  description: string,
  rules: Pick<SchemaNode, 'pattern' | 'minLength' | 'maxLength' | 'format'> = {},
): Schema<string> {
  return schema({ type: 'string', description, ...rules });
}

/** One of several fixed texts. */
export function choice<const V extends string>(description: string, values: readonly V[]): Schema<V> {
  return schema({ type: 'string', description, enum: values });
}

/** A whole number of 64 bits. */
export function integer(description: string, rules: Pick<SchemaNode, 'minimum' | 'maximum'> = {}): Schema<number> {
  return schema({ type: 'integer', format: 'int64', description, ...rules });
}

/** A number that need not be whole. */
export function number(description: string): Schema<number> {
  return schema({ type: 'number', format: 'double', description });
}

/** True or false. */
export function boolean(description: string): Schema<boolean> {
  return schema({ type: 'boolean', description });
}

/** A whole number or a text, as Kubernetes has it for quantities. */
export function intOrString(
  description: string,
  rules: Pick<SchemaNode, 'pattern'> = {},
): Schema<number | bigint | string> {
  return schema({
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    description,
    ...rules,
    'x-kubernetes-int-or-string': true,
  });
}

/** A list. With `keys`, apply merges entries by these fields and the server refuses duplicates. */
export function list<T>(
  description: string,
  items: Schema<T>,
  rules: { readonly minItems?: number; readonly maxItems?: number; readonly keys?: readonly string[] } = {},
): Schema<readonly T[]> {
  return schema({
    type: 'array',
    description,
    items: items.node,
    ...(rules.minItems === undefined ? {} : { minItems: rules.minItems }),
    ...(rules.maxItems === undefined ? {} : { maxItems: rules.maxItems }),
    ...(rules.keys === undefined ? {} : { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': rules.keys }),
  });
}

/** A map from the user's own keys to values of one schema. */
export function map<T>(description: string, values: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return schema({ type: 'object', description, additionalProperties: values.node });
}
