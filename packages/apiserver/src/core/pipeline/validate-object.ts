import { failure, type JsonObject, type KubeObject } from '@cartographer/machinery';

import { forbidden, notFound, StatusError } from '../../status-error.ts';
import { invalid } from '../invalid.ts';
import type { ServedResource } from '../served-resource.ts';
import { checkBounds } from './bounds.ts';
import { metaOf } from './metadata.ts';
import { metadataErrors, metadataUpdateErrors } from './metadata-validation.ts';
import type { WriteContext } from './write-context.ts';

/** @throws StatusError 422 with every reason why the object may not be stored; 413 when it has grown too large. */
export function validateObject(resource: ServedResource, object: JsonObject, old: KubeObject | undefined): void {
  checkBounds(object); // again: defaults, a merge or admission may have made much of little
  const meta = metaOf(object);
  const { rules } = resource;
  const metaErrors = [...metadataErrors(meta, rules.nameErrors)];
  if (old !== undefined) {
    const updateErrors = metadataUpdateErrors(meta, old.metadata);
    // a real server validates metadata of custom resources twice; the causes show it, the message does not
    metaErrors.push(...updateErrors, ...(resource.builtIn ? [] : updateErrors));
  }
  const errors = rules.validate(object, old, metaErrors);
  if (errors.length > 0) throw invalid(resource, meta.name ?? '', errors);
}

/**
 * What an apply stores: nulls where the schema does not allow them have been refused, but for places without a type.
 * There a real server passes them over when it reads.
 */
export function withoutNulls(resource: ServedResource, object: JsonObject): JsonObject {
  return resource.builtIn ? object : resource.rules.complete(object);
}

/**
 * Checks that new objects of the resource are welcome in the namespace.
 * @throws StatusError 404 for a missing namespace, 403 for one that is being deleted, 405 for a dying resource.
 */
export function checkCreatable(
  context: WriteContext,
  resource: ServedResource,
  namespace: string | undefined,
  name: string,
): void {
  if (resource.closing === true) {
    const text = 'create not allowed while custom resource definition is terminating';
    throw new StatusError(failure(405, 'MethodNotAllowed', text));
  }
  if (!resource.namespaced) return;
  const namespaces = { group: '', resource: 'namespaces' };
  const found = context.registry.find('', 'v1', 'namespaces')?.table.get('', namespace ?? '');
  if (found === undefined) throw notFound(namespaces, namespace ?? '');
  if (found.metadata.deletionTimestamp === undefined) return;
  const text = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw forbidden(resource, name, text, [
    {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    },
  ]);
}
