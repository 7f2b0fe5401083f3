import type { KubeObject } from '@cartographer/machinery';
import { processBinding, processRole } from '@cartographer/runtime';
import { SCANNING_GROUP } from '../kinds/group.ts';
import { scanningKinds } from '../kinds/kinds.ts';
import { SCANNER_LABELS, SCANNER_NAMES } from './names.ts';

const labels = SCANNER_LABELS;
const resources = Object.values(scanningKinds).map(({ resource }) => resource);

/**
 * What the scanner may do anywhere: read what it judges by, write what it says, and events. It reads no Secrets unless a
 * namespace lets it, and writes nothing that others read from.
 */
const CLUSTER_RULES = [
  { apiGroups: [SCANNING_GROUP], resources, verbs: ['get', 'list', 'watch'] },
  { apiGroups: [SCANNING_GROUP], resources: resources.map((name) => `${name}/status`), verbs: ['update'] },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create'] },
  // Who asks a question, and what they may read.
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
];

const KEEP = ['get', 'list', 'watch', 'update'];

/** In its own namespace; RBAC cannot bind a create to a name. */
const NAMESPACE_RULES = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: [SCANNER_NAMES.lease],
    verbs: KEEP,
  },
  { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['create'] },
  { apiGroups: [''], resources: ['secrets'], resourceNames: [SCANNER_NAMES.questionsSecret], verbs: KEEP },
  { apiGroups: [''], resources: ['configmaps'], resourceNames: [SCANNER_NAMES.questionsAuthority], verbs: KEEP },
];

/** Where the API server itself is, so that no image and no source is looked for there. */
const API_SERVER_RULES = [
  {
    apiGroups: ['discovery.k8s.io'],
    resources: ['endpointslices'],
    resourceNames: ['kubernetes'],
    verbs: ['get'],
  },
];

/** The namespace of the API server's own Service. */
const API_SERVER_NAMESPACE = 'default';

/** The scanner's account and its rights. */
export function scannerRights(namespace: string): readonly KubeObject[] {
  const { scanner, apiServer, pullSecrets } = SCANNER_NAMES;
  const account = { name: scanner, namespace };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: scanner, namespace, labels } },
    processRole({ name: scanner, labels }, CLUSTER_RULES),
    processBinding({ name: scanner, labels }, { kind: 'ClusterRole', name: scanner }, account),
    processRole({ name: scanner, labels, namespace }, NAMESPACE_RULES),
    processBinding({ name: scanner, labels, namespace }, { kind: 'Role', name: scanner }, account),
    processRole({ name: apiServer, labels, namespace: API_SERVER_NAMESPACE }, API_SERVER_RULES),
    processBinding(
      { name: apiServer, labels, namespace: API_SERVER_NAMESPACE },
      { kind: 'Role', name: apiServer },
      account,
    ),
    processRole({ name: pullSecrets, labels }, [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]),
  ];
}

/** Lets the scanner read pull secrets in these namespaces, and in no others. */
export function pullSecretsRights(namespace: string, where: readonly string[]): readonly KubeObject[] {
  const { scanner, pullSecrets } = SCANNER_NAMES;
  const account = { name: scanner, namespace };
  return where.map((each) =>
    processBinding({ name: pullSecrets, labels, namespace: each }, { kind: 'ClusterRole', name: pullSecrets }, account),
  );
}

/** The command by which an administrator of a namespace does the same. */
export function pullSecretsCommand(namespace: string, where: string): string {
  const { scanner, pullSecrets } = SCANNER_NAMES;
  return `kubectl -n ${where} create rolebinding ${pullSecrets} --clusterrole=${pullSecrets} --serviceaccount=${namespace}:${scanner}`;
}
