import type { Json, JsonObject, MutableJsonObject } from '@cartographer/machinery';
import { setKey } from '@cartographer/machinery';

/** A param as a template declares it. */
type Declared = { readonly name: string; readonly default?: Json };
/** A param as a blueprint or one of its resources sets it. */
type Given = { readonly name: string; readonly value?: Json; readonly default?: Json };
/** A param as an owner sets it. */
type Owned = { readonly name: string; readonly value?: Json };

/** The four levels at which a param may be set, lowest first. */
export type ParamLevels = {
  readonly template: readonly Declared[] | undefined;
  readonly blueprint: readonly Given[] | undefined;
  readonly resource: readonly Given[] | undefined;
  readonly owner: readonly Owned[] | undefined;
};

/**
 * The value of each param: template defaults, then the blueprint, then the resource, then the owner. A `value` of
 * blueprint or resource locks the param against the owner; a `default` of the resource opens it again.
 */
export function paramValues({ template, blueprint, resource, owner }: ParamLevels): JsonObject {
  const values: MutableJsonObject = {};
  const locked = new Set<string>();
  for (const param of template ?? []) setKey(values, param.name, param.default ?? null);
  for (const level of [blueprint, resource]) for (const param of level ?? []) give(values, locked, param);
  for (const param of owner ?? []) if (!locked.has(param.name)) setKey(values, param.name, param.value ?? null);
  return values;
}

/** A param with neither value nor default is refused on admission; one that got through changes nothing. */
function give(values: MutableJsonObject, locked: Set<string>, param: Given): void {
  if (param.value !== undefined && param.value !== null) {
    setKey(values, param.name, param.value);
    locked.add(param.name);
  } else if (param.default !== undefined) {
    setKey(values, param.name, param.default);
    locked.delete(param.name);
  }
}
