import type { Json } from '@cartographer/machinery';

/**
 * The Go type that upstream holds a field in, as far as it shows: paths are evaluated on Go structs, and ytt and whole
 * values see what Go's `encoding/json` writes for them.
 */
export type GoType =
  /** A scalar with its zero value: `""` or 0. */
  (
    | { readonly go: 'scalar'; readonly zero: '' | 0 }
    /** A pointer to a scalar: what is set stays, `""`, 0 and false too. */
    | { readonly go: 'pointer' }
    /** `metav1.Time` or a pointer to it: written in UTC and whole seconds, null when unset. */
    | { readonly go: 'time'; readonly pointer: boolean }
    /** `resource.Quantity`, a struct: written as a text in canonical form, `"0"` when unset. */
    | { readonly go: 'quantity' }
    /** Plain JSON: whatever is there. */
    | { readonly go: 'plain' }
    /** `apiextensions/v1.JSON`, a struct: written as it stands, and no path leads inside. */
    | { readonly go: 'json' }
    | { readonly go: 'slice'; readonly of: GoType }
    /** A map with string keys. */
    | { readonly go: 'map'; readonly of: GoType }
    | GoStruct
  ) & {
    /** Left out of its struct when false, 0, `""`, nil, or a slice or map without entries. A struct is never left out. */
    readonly omitempty?: true;
  };

/** A struct, or a pointer to one. */
export type GoStruct = {
  readonly go: 'struct';
  readonly fields: Readonly<Record<string, GoType>>;
  /** Unset is nil instead of a struct of zero values. */
  readonly pointer: boolean;
  /** Fields of an embedded struct; an empty field name leads to it: `$(workload.)$`. */
  readonly embedded: readonly string[];
};

/** Go's `string`. */
export const goString: GoType = { go: 'scalar', zero: '' };
/** Go's `int64`. */
export const goInt64: GoType = { go: 'scalar', zero: 0 };
/** A pointer to a scalar. */
export const goPointer: GoType = { go: 'pointer' };
/** `metav1.Time`. */
export const goTime: GoType = { go: 'time', pointer: false };
/** A pointer to a `metav1.Time`. */
export const goTimePointer: GoType = { go: 'time', pointer: true };
/** `resource.Quantity`. */
export const goQuantity: GoType = { go: 'quantity' };
/** Plain JSON. */
export const goPlain: GoType = { go: 'plain' };
/** `apiextensions/v1.JSON`. */
export const goJsonValue: GoType = { go: 'json' };
/** A slice. */
export const goSlice = (of: GoType): GoType => ({ go: 'slice', of });
/** A map with string keys. */
export const goMap = (of: GoType): GoType => ({ go: 'map', of });
/** A struct by value. */
export const goStruct = (
  fields: Readonly<Record<string, GoType>>,
  embedded: readonly string[] = [],
): GoStruct & GoType => ({ go: 'struct', fields, pointer: false, embedded });
/** A pointer to a struct. */
export const goStructPointer = (fields: Readonly<Record<string, GoType>>): GoStruct & GoType => ({
  go: 'struct',
  fields,
  pointer: true,
  embedded: [],
});
/** The same type in a field with the option `omitempty`. */
export const omitempty = (type: GoType): GoType => ({ ...type, omitempty: true });

/**
 * Whether `encoding/json` leaves out a field with `omitempty` that it would write like this.
 * {@link https://pkg.go.dev/encoding/json#Marshal}
 */
export function isLeftOut(type: GoType, written: Json): boolean {
  switch (type.go) {
    case 'scalar':
      return written === type.zero;
    case 'pointer':
    case 'plain':
      return written === null;
    case 'time':
    case 'struct':
      return type.pointer && written === null;
    case 'quantity':
    case 'json':
      return false;
    case 'slice':
    case 'map':
      return written === null || Object.keys(written).length === 0;
  }
}
