import {
  type KubeObject,
  type LabelSelector,
  parseFieldSelector,
  parseLabelSelector,
  SelectorError,
} from '@cartographer/machinery';

import { badRequest } from '../status-error.ts';
import type { ServedResource } from './served-resource.ts';

/** A parsed choice of objects: namespace, labels and fields. */
export type Selection = {
  readonly namespace: string | undefined;
  /** Set when the field selector pins one name: lists and watches need not look further. */
  readonly name: string | undefined;
  /** True when nothing but the namespace restricts the choice. */
  readonly all: boolean;
  /** Whether the object is chosen, its namespace left aside. */
  matches(object: KubeObject): boolean;
};

type SelectionOptions = {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
};

/** @throws StatusError 400 for a bad selector or a field that cannot be selected on. */
export function createSelection(resource: ServedResource, options: SelectionOptions): Selection {
  const labels = orBadRequest(() => parseLabelSelector(options.labelSelector ?? ''));
  const fields = orBadRequest(() => parseFieldSelector(options.fieldSelector ?? ''));
  for (const { path } of fields) checkField(resource, path);
  const name = fields.find(({ path, op }) => path === 'metadata.name' && op === '=')?.value;
  const all = labels.empty && fields.length === 0;
  return { namespace: options.namespace, name, all, matches: all ? () => true : matcher(resource, labels, fields) };
}

function matcher(
  resource: ServedResource,
  labels: LabelSelector,
  fields: ReturnType<typeof parseFieldSelector>,
): (object: KubeObject) => boolean {
  return (object) =>
    (labels.empty || labels.matches(object.metadata.labels)) &&
    fields.every(({ path, op, value }) => (fieldOf(resource, object, path) === value) === (op === '='));
}

function fieldOf(resource: ServedResource, object: KubeObject, path: string): string {
  if (path === 'metadata.name') return object.metadata.name ?? '';
  if (path === 'metadata.namespace') return object.metadata.namespace ?? '';
  return resource.fieldValue(object, path) ?? '';
}

function checkField(resource: ServedResource, path: string): void {
  if (path === 'metadata.name' || path === 'metadata.namespace') return;
  if (resource.selectableFields.includes(resource.builtIn ? path : `.${path}`)) return;
  if (!resource.builtIn) throw badRequest(`field label not supported: ${path}`);
  if (resource.selectableFields.length > 0) throw badRequest(`field label not supported: ${path}`);
  throw badRequest(`"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
}

function orBadRequest<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}
