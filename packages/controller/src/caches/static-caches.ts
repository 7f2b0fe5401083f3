import {
  carto,
  type KindName,
  READ_ANNOTATION,
  READ_CURRENT,
  TEMPLATE_KINDS,
  type TemplateKindName,
} from '@cartographer/api';
import type { AccountAnswer, AccountKey, TemplateKey } from '@cartographer/engine';
import { type Client, createInformer, type Informer } from '@cartographer/kube';
import {
  type Clock,
  type Json,
  type KubeObject,
  type Log,
  objectKey,
  qualifiedResource,
  type ResourceType,
} from '@cartographer/machinery';

const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;

const OTHER_KINDS = {
  ServiceAccount: { group: '', version: 'v1', kind: 'ServiceAccount', resource: 'serviceaccounts', namespaced: true },
  Role: { ...RBAC, kind: 'Role', resource: 'roles', namespaced: true },
  RoleBinding: { ...RBAC, kind: 'RoleBinding', resource: 'rolebindings', namespaced: true },
  ClusterRole: { ...RBAC, kind: 'ClusterRole', resource: 'clusterroles', namespaced: false },
  ClusterRoleBinding: { ...RBAC, kind: 'ClusterRoleBinding', resource: 'clusterrolebindings', namespaced: false },
  CustomResourceDefinition: {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
    resource: 'customresourcedefinitions',
    namespaced: false,
  },
} as const satisfies Readonly<Record<string, ResourceType>>;

/** A kind that the controller watches from start to end. */
export type WatchedKind = KindName | keyof typeof OTHER_KINDS;

/** The caches of everything that is watched whether or not anything is stamped. */
export interface StaticCaches {
  informer(kind: WatchedKind): Informer;
  all(): readonly (readonly [WatchedKind, Informer])[];
  /** All blueprints of a kind by name; the same list until one of them changes. */
  blueprints(kind: 'ClusterSupplyChain' | 'ClusterDelivery'): readonly KubeObject[];
  template(key: TemplateKey): KubeObject | undefined;
  account(key: AccountKey): AccountAnswer;
  /** Whether the kind's definition carries {@link READ_ANNOTATION}; kinds that the server has built in never do. */
  readsCurrent(type: ResourceType): boolean;
}

/** Makes the caches; they fill once their informers run. */
export function createStaticCaches(deps: { client: Client; clock: Clock; log: Log }): StaticCaches {
  const types: Readonly<Record<WatchedKind, ResourceType>> = { ...carto.kinds, ...OTHER_KINDS };
  const informers = new Map<WatchedKind, Informer>(
    (Object.keys(types) as WatchedKind[]).map((kind) => [
      kind,
      createInformer({ ...deps, type: types[kind], ...(kind in SLIM ? { transform: SLIM[kind] } : {}) }),
    ]),
  );
  const informer = (kind: WatchedKind): Informer => {
    const found = informers.get(kind);
    if (found === undefined) throw new TypeError(`kind ${kind} is not watched`);
    return found;
  };

  const sorted = new Map<string, readonly KubeObject[]>();
  for (const kind of ['ClusterSupplyChain', 'ClusterDelivery'] as const) {
    informer(kind).onEvent(() => void sorted.delete(kind));
  }

  return {
    informer,
    all: () => [...informers],
    blueprints(kind) {
      const known = sorted.get(kind);
      if (known !== undefined) return known;
      const list = informer(kind).list().toSorted(byName);
      sorted.set(kind, list);
      return list;
    },
    template: ({ kind, name }) => (isTemplateKind(kind) ? informer(kind).get(name) : undefined),
    account({ namespace, name }) {
      const account = informer('ServiceAccount').get(objectKey({ namespace, name }));
      return account?.metadata.uid === undefined ? { kind: 'missing' } : { kind: 'found', uid: account.metadata.uid };
    },
    readsCurrent: (type) => saysCurrent(informer('CustomResourceDefinition').get(qualifiedResource(type))),
  };
}

function byName(left: KubeObject, right: KubeObject): number {
  const [a, b] = [left.metadata.name ?? '', right.metadata.name ?? ''];
  return a < b ? -1 : 1;
}

const ALL_TEMPLATE_KINDS: ReadonlySet<string> = new Set<TemplateKindName | 'ClusterRunTemplate'>([
  ...TEMPLATE_KINDS.ClusterSupplyChain,
  ...TEMPLATE_KINDS.ClusterDelivery,
  'ClusterRunTemplate',
]);

function isTemplateKind(kind: string): kind is TemplateKindName | 'ClusterRunTemplate' {
  return ALL_TEMPLATE_KINDS.has(kind);
}

/** Of kinds that a cluster has by the thousand, only what is looked at is kept. */
const SLIM: Partial<Record<WatchedKind, (object: KubeObject) => KubeObject>> = {
  ServiceAccount: slimMeta,
  Role: slimMeta,
  ClusterRole: slimMeta,
  RoleBinding: (object) => ({ ...slimMeta(object), subjects: object['subjects'], roleRef: object['roleRef'] }),
  ClusterRoleBinding: (object) => ({ ...slimMeta(object), subjects: object['subjects'], roleRef: object['roleRef'] }),
  CustomResourceDefinition(object) {
    const { group } = (object['spec'] ?? {}) as { group?: Json };
    const { conditions } = (object['status'] ?? {}) as { conditions?: Json };
    const slim = slimMeta(object);
    const annotations = saysCurrent(object) ? { annotations: { [READ_ANNOTATION]: READ_CURRENT } } : {};
    return { ...slim, metadata: { ...slim.metadata, ...annotations }, spec: { group }, status: { conditions } };
  },
};

/** Whether a definition or a template asks for its objects to be read as current ones only. */
export function saysCurrent(definition: KubeObject | undefined): boolean {
  return definition?.metadata.annotations?.[READ_ANNOTATION] === READ_CURRENT;
}

function slimMeta({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, generation } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion, generation } };
}
