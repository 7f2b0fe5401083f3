import type { CelDeclared, CelKind } from './cel-declared.ts';
import { atMost, exactly, type SizeRange, UNKNOWN_SIZE } from './cel-size-range.ts';

/**
 * What is known of an expression before it is evaluated. The rules are those of cel-go's estimator and of Kubernetes'
 * use of it; testdata/cel-costs.json holds what a real server estimates.
 */
export type Estimate = {
  /** What evaluating it costs at most, in CEL's units. */
  readonly cost: number;
  readonly type: CelDeclared;
  /** The place of the schema that it reads; its limits are the value's. */
  readonly place?: CelDeclared;
  /** The size of its value, where that follows from the expression. */
  readonly size?: SizeRange;
  /** The size of the items or of the map values of its value, where that follows from the expression. */
  readonly itemSize?: SizeRange;
};

/** A type of which nothing but its kind is known. */
export function typeOf(kind: CelKind, items?: CelDeclared): CelDeclared {
  return { kind, maxElements: 0, minBytes: 0, ...(items === undefined ? {} : { items }) };
}

export const DYN = typeOf('dyn');
const NUMBERS: ReadonlySet<CelKind> = new Set(['bool', 'double', 'duration', 'int', 'timestamp']);

/** Where a way through the schema leads to nothing. */
export const NOWHERE = typeOf('dyn');

/** The size of a value: what the expression says, else what the schema says, else what the type says. */
export function sizeRange({ size, place, type }: Estimate): SizeRange {
  if (size !== undefined) return size;
  if (place !== undefined && place !== NOWHERE) return atMost(place.maxElements);
  return NUMBERS.has(type.kind) ? exactly(1) : UNKNOWN_SIZE;
}

/** An empty list says nothing of its items. */
export function moreTelling(left: CelDeclared, right: CelDeclared): CelDeclared {
  return left.kind === 'dyn' || (left.kind === 'list' && (left.items ?? DYN).kind === 'dyn') ? right : left;
}
