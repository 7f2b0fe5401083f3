import { getPath, isList, isObject, type Json, type KubeObject } from '@cartographer/machinery';

import type { PrinterColumn } from '../../core-api.ts';
import { humanDuration } from './human-duration.ts';
import { scalarText } from './scalar-text.ts';

const NAME_DESCRIPTION =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names';
const AGE_DESCRIPTION =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata';

/** The column that every kind starts with. */
export const nameColumn: PrinterColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: NAME_DESCRIPTION,
  priority: 0,
  cell: (object) => object.metadata.name ?? '',
};

/** The age of the object. */
export const ageColumn: PrinterColumn = {
  name: 'Age',
  type: 'string',
  description: AGE_DESCRIPTION,
  priority: 0,
  cell: (object, now) => ageOf(object.metadata.creationTimestamp, now),
};

/** The age column of custom resources, which is a date rendered by the server. */
export const dateAgeColumn: PrinterColumn = { ...ageColumn, type: 'date' };

/** The creation time as it is stored. */
export const createdAtColumn: PrinterColumn = {
  ...ageColumn,
  name: 'Created At',
  type: 'date',
  cell: (object) => object.metadata.creationTimestamp ?? null,
};

/** A time's age, `<unknown>` when there is none. */
export function ageOf(time: Json | undefined, nowMs: number): string {
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(at) ? '<unknown>' : humanDuration(nowMs - at);
}

type Cell = (object: KubeObject, nowMs: number) => Json;

/** A column of a built-in kind. */
export function column(name: string, cell: Cell, options: { wide?: boolean; type?: string } = {}): PrinterColumn {
  return { name, type: options.type ?? 'string', description: name, priority: options.wide === true ? 1 : 0, cell };
}

/** The text at a path, or `otherwise`. */
export function textAt(...path: readonly string[]): Cell {
  return (object) => {
    const value = getPath(object, ...path);
    return typeof value === 'string' && value !== '' ? value : '<none>';
  };
}

/** The number at a path, 0 when absent. */
export function numberAt(object: KubeObject, ...path: readonly string[]): number {
  const value = getPath(object, ...path);
  return typeof value === 'number' ? value : 0;
}

/** How many entries the maps or lists at these fields have together. */
export function countOf(...fields: readonly string[]): Cell {
  return (object) => {
    let count = 0;
    for (const field of fields) {
      const value = getPath(object, field);
      if (isList(value)) count += value.length;
      else if (isObject(value)) count += Object.keys(value).length;
    }
    return count;
  };
}

/** A field of each object in the list at a path, joined by commas. */
export function joined(path: readonly string[], field: string): Cell {
  return (object) => {
    const list = getPath(object, ...path);
    const texts = isList(list)
      ? list.map((item) => getPath(item, field)).filter((item) => typeof item === 'string')
      : [];
    return texts.join(',');
  };
}

/** A label selector as kubectl shows it. */
export function selectorAt(...path: readonly string[]): Cell {
  return (object) => {
    const labels = getPath(object, ...path);
    if (!isObject(labels) || Object.keys(labels).length === 0) return '<none>';
    return Object.entries(labels)
      .map(([key, value]) => `${key}=${scalarText(value)}`)
      .toSorted()
      .join(',');
  };
}
