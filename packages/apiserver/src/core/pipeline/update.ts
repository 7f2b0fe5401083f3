import type { Json } from '@cartographer/machinery';

import type { Caller, ObjectKey, WriteOptions, WriteResult } from '../../core-api.ts';
import { notFound } from '../../status-error.ts';
import type { ServedResource } from '../served-resource.ts';
import { checkBody, checkName, placeInNamespace } from './body.ts';
import { insertObject } from './create.ts';
import { decodeBody, reportFields } from './field-validation.ts';
import { modifyObject } from './modify.ts';
import { checkWriteOptions } from './options.ts';
import type { WriteContext } from './write-context.ts';

/** PUT. */
export async function updateObject(
  context: WriteContext,
  resource: ServedResource,
  key: ObjectKey,
  body: Json,
  options: WriteOptions,
  caller: Caller,
): Promise<WriteResult> {
  checkWriteOptions('update', options);
  const decoded = decodeBody(resource, checkBody(resource, body));
  const object = placeInNamespace(resource.toStored(decoded.object), key.namespace);
  checkName(object, key.name);
  reportFields(resource, decoded.unknown, options, caller);
  const create = resource.rules.createOnUpdate && options.subresource === undefined;
  return modifyObject(context, {
    resource,
    key,
    options,
    caller,
    verb: 'update',
    propose: () => object,
    missing: async () => {
      if (!create) throw notFound(resource, key.name);
      caller.requireCreate?.();
      return insertObject(context, { resource, object, namespace: key.namespace, pathName: key.name, options, caller });
    },
  });
}
