import type { JsonObject, KubeObject } from '@cartographer/machinery';

const RBAC = 'rbac.authorization.k8s.io';
const API_VERSION = `${RBAC}/v1`;

type Named = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** For a Role and a RoleBinding. */
  readonly namespace?: string | undefined;
};

/** A ClusterRole, or a Role where a namespace is named. */
export function processRole(named: Named, rules: readonly JsonObject[]): KubeObject {
  const kind = named.namespace === undefined ? 'ClusterRole' : 'Role';
  return { apiVersion: API_VERSION, kind, metadata: metadata(named), rules };
}

/** Gives a role to the account of a process: everywhere, or where a namespace is named in that one. */
export function processBinding(
  named: Named,
  role: { readonly kind: 'ClusterRole' | 'Role'; readonly name: string },
  account: { readonly name: string; readonly namespace: string },
): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: named.namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: metadata(named),
    roleRef: { apiGroup: RBAC, ...role },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  };
}

function metadata({ name, labels, namespace }: Named): KubeObject['metadata'] {
  return { name, labels, ...(namespace === undefined ? {} : { namespace }) };
}
