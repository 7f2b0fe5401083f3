import type { PodTemplateSpec } from '@cartographer/convention-sdk';
import { isObject, type JsonObject, type MutableJsonObject, withoutNulls } from '@cartographer/machinery';

const METADATA = ['name', 'generateName', 'namespace', 'labels', 'annotations'] as const;

/**
 * A template as it is kept: without nulls, which say nothing, and of its metadata only what a PodIntent has. Programs write
 * `creationTimestamp: null` and `metadata: {}`, and mean no change by it.
 */
export function normalTemplate(template: object): PodTemplateSpec {
  const { metadata, ...rest } = withoutNulls(template as JsonObject) as MutableJsonObject;
  const kept: MutableJsonObject = {};
  for (const field of METADATA) {
    const value = isObject(metadata) ? metadata[field] : undefined;
    const isEmpty = value === '' || (isObject(value) && Object.keys(value).length === 0);
    if (value !== undefined && !isEmpty) kept[field] = value;
  }
  const isBare = Object.keys(kept).length === 0;
  const normal: object = { ...rest, ...(isBare ? {} : { metadata: kept }) };
  return normal as PodTemplateSpec;
}
