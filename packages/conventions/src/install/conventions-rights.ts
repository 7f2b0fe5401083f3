import type { KubeObject } from '@cartographer/machinery';
import { processBinding, processRole } from '@cartographer/runtime';
import { CONVENTIONS_GROUP } from '../kinds/group.ts';
import { conventionsKinds } from '../kinds/kinds.ts';
import { CONVENTIONS_LABELS, CONVENTIONS_NAMES } from './names.ts';

const labels = CONVENTIONS_LABELS;
const resources = Object.values(conventionsKinds).map(({ resource }) => resource);
const READ = ['get', 'list', 'watch'];

/**
 * What it may do anywhere: read both kinds and service accounts, which name pull secrets and hold none; write what intents
 * say, and events; read the requests by which cert-manager tells whom to trust. It reads no Secrets and no ConfigMaps unless
 * a namespace lets it.
 */
const CLUSTER_RULES = [
  { apiGroups: [CONVENTIONS_GROUP], resources, verbs: READ },
  { apiGroups: [CONVENTIONS_GROUP], resources: [`${conventionsKinds.PodIntent.resource}/status`], verbs: ['update'] },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: READ },
  { apiGroups: ['cert-manager.io'], resources: ['certificaterequests'], verbs: READ },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
];

/** In its own namespace; RBAC cannot bind a create to a name. */
const NAMESPACE_RULES = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: [CONVENTIONS_NAMES.lease],
    verbs: [...READ, 'update'],
  },
];

/** Where the API server itself is, so that no image is looked for there. */
const API_SERVER_RULES = [
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], resourceNames: ['kubernetes'], verbs: ['get'] },
];

/** The namespace of the API server's own Service. */
const API_SERVER_NAMESPACE = 'default';

/** Its account and its rights. */
export function conventionsRights(namespace: string): readonly KubeObject[] {
  const { conventions, apiServer, pullSecrets } = CONVENTIONS_NAMES;
  const account = { name: conventions, namespace };
  const atServer = { name: apiServer, labels, namespace: API_SERVER_NAMESPACE };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...account, labels } },
    processRole({ name: conventions, labels }, CLUSTER_RULES),
    processBinding({ name: conventions, labels }, { kind: 'ClusterRole', name: conventions }, account),
    processRole({ name: conventions, labels, namespace }, NAMESPACE_RULES),
    processBinding({ name: conventions, labels, namespace }, { kind: 'Role', name: conventions }, account),
    processRole(atServer, API_SERVER_RULES),
    processBinding(atServer, { kind: 'Role', name: apiServer }, account),
    processRole({ name: pullSecrets, labels }, [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]),
  ];
}

/** Lets it read pull secrets in these namespaces, and in no others. */
export function intentSecretsRights(namespace: string, where: readonly string[]): readonly KubeObject[] {
  const { conventions, pullSecrets } = CONVENTIONS_NAMES;
  return where.map((each) =>
    processBinding(
      { name: pullSecrets, labels, namespace: each },
      { kind: 'ClusterRole', name: pullSecrets },
      { name: conventions, namespace },
    ),
  );
}

/** The command by which an administrator of a namespace does the same. */
export function intentSecretsCommand(namespace: string, where: string): string {
  const { conventions, pullSecrets } = CONVENTIONS_NAMES;
  return `kubectl -n ${where} create rolebinding ${pullSecrets} --clusterrole=${pullSecrets} --serviceaccount=${namespace}:${conventions}`;
}

/** The command by which an administrator lets it read one Secret or ConfigMap with certificates. */
export function caObjectCommand(
  namespace: string,
  { resource, at, name }: { readonly resource: 'secrets' | 'configmaps'; readonly at: string; readonly name: string },
): string {
  const { conventions } = CONVENTIONS_NAMES;
  const role = `${conventions}-ca`;
  return `kubectl -n ${at} create role ${role} --verb=get --resource=${resource} --resource-name=${name} && kubectl -n ${at} create rolebinding ${role} --role=${role} --serviceaccount=${namespace}:${conventions}`;
}
