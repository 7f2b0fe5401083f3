import type { Client, RestMapper } from '@cartographer/kube';
import { isAlreadyExists, isNotFound } from '@cartographer/kube';
import type { JsonObject, KubeObject, ResourceType } from '@cartographer/machinery';
import { isObject, labelSelectorOf } from '@cartographer/machinery';
import { grantedAccount } from '../granted-account.ts';
import { firstMismatch } from './subset.ts';

const USER = 'acceptance';

/** What the steps of one case do to a cluster, in the case's namespace unless an object is cluster-scoped. */
export type CaseClient = {
  /** Makes the namespace, and its account `default` that may do everything in it. */
  prepare(): Promise<void>;
  apply(document: JsonObject): Promise<void>;
  create(document: JsonObject): Promise<void>;
  patch(document: JsonObject): Promise<void>;
  patchStatus(document: JsonObject): Promise<void>;
  delete(document: JsonObject): Promise<void>;
  /** The objects that a document may mean: the one of that name, or all of its kind with its labels. */
  candidates(document: JsonObject): Promise<readonly KubeObject[]>;
};

/** Makes the client of one case; it speaks as an administrator. */
export function createCaseClient(client: Client, mapper: RestMapper, namespace: string): CaseClient {
  const keyOf = (type: ResourceType, name: string) => (type.namespaced ? { namespace, name } : { name });

  async function placed(document: JsonObject): Promise<readonly [ResourceType, KubeObject]> {
    const object = document as KubeObject;
    const type = await mapper.resourceFor(object);
    const metadata = type.namespaced ? { namespace, ...object.metadata } : object.metadata;
    return [type, { ...object, metadata }];
  }

  async function candidates(document: JsonObject): Promise<readonly KubeObject[]> {
    const [type, { apiVersion, kind, metadata }] = await placed(document);
    const { name, labels = {} } = metadata;
    if (name !== undefined) {
      const found = await client.get(type, keyOf(type, name)).catch(orNothing);
      return found === undefined ? [] : [found];
    }
    const labelSelector = labelSelectorOf({ matchLabels: labels }).toString();
    const { items } = await client.list(type, {
      ...(type.namespaced ? { namespace } : {}),
      ...(labelSelector === '' ? {} : { labelSelector }),
    });
    return items.map((item) => ({ ...item, apiVersion, kind }));
  }

  /** The one object that name or labels and the field `where` tell. */
  async function meant(document: JsonObject): Promise<readonly [ResourceType, string]> {
    const [type] = await placed(document);
    const { where = {} } = document;
    const found = (await candidates(document)).filter((object) => firstMismatch(where, object) === undefined);
    const names = found.map(({ metadata }) => metadata.name ?? '');
    const [name] = names;
    if (name === undefined || names.length > 1) throw new Error(`a patch means one object, not [${names.join(', ')}]`);
    return [type, name];
  }

  return {
    async prepare() {
      for (const object of prelude(namespace)) {
        await client.create(await mapper.resourceFor(object), object).catch((error: unknown) => {
          if (!isAlreadyExists(error)) throw error;
        });
      }
    },
    async apply(document) {
      const [type, object] = await placed(document);
      await client.apply(type, object, { fieldManager: USER, force: true });
    },
    async create(document) {
      const [type, object] = await placed(document);
      await client.create(type, object, { fieldManager: USER });
    },
    candidates,
    async patch(document) {
      const [type, name] = await meant(document);
      const { apiVersion: _version, kind: _kind, where: _where, metadata, ...rest } = document;
      const { name: _name, labels, ...meta } = isObject(metadata) ? metadata : {};
      // With a name, labels are content; without one they say which object is meant.
      const content = _name === undefined || labels === undefined ? meta : { ...meta, labels };
      await client.patch(type, keyOf(type, name), { kind: 'merge', body: { ...rest, metadata: content } });
    },
    async patchStatus(document) {
      const [type, name] = await meant(document);
      const body = { status: document['status'] };
      try {
        await client.patch(type, keyOf(type, name), { kind: 'merge', body, subresource: 'status' });
      } catch (error) {
        if (!isNotFound(error)) throw error;
        await client.patch(type, keyOf(type, name), { kind: 'merge', body }); // status is a field like any other
      }
    },
    async delete(document) {
      const [type] = await placed(document);
      for (const { metadata } of await candidates(document)) {
        const key = keyOf(type, metadata.name ?? '');
        await client.delete(type, key, { propagationPolicy: 'Background' }).catch(orNothing);
      }
    },
  };
}

function orNothing(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

function prelude(namespace: string): readonly KubeObject[] {
  return [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...grantedAccount(namespace)];
}
