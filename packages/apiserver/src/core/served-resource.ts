import type { JsonObject, KubeObject } from '@cartographer/machinery';

import type { ResourceInfo } from '../core-api.ts';
import type { KindRules } from './kinds/kind-rules.ts';
import type { ResourceTable } from './storage/resource-table.ts';

/** A served version of a resource with everything the core needs to work on it. */
export type ServedResource = ResourceInfo & {
  readonly table: ResourceTable;
  readonly rules: KindRules;
  /** The stored object as this version shows it; the same object for the same input. */
  view(stored: KubeObject): KubeObject;
  /** An object of this version in the shape that is stored. */
  toStored(object: JsonObject): JsonObject;
  /** The value of a selectable field other than name and namespace, undefined when the field is not selectable. */
  fieldValue(object: KubeObject, path: string): string | undefined;
  /** Present while new objects are refused: the CustomResourceDefinition is being deleted. */
  readonly closing?: boolean;
};
