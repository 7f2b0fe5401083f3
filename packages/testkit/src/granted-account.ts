import { type KubeObject, toYaml } from '@cartographer/machinery';

/** An account of a namespace, `default` by default, that may do everything there: what chains of a test act as. */
export function grantedAccount(namespace: string, name = 'default'): readonly KubeObject[] {
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: `${name}-all`, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ];
}

/** The same as YAML documents, to stand before others. */
export function grantedAccountYaml(namespace: string, name?: string): string {
  return grantedAccount(namespace, name).map(toYaml).join('---\n');
}
