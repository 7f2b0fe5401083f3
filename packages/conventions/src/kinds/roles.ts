import type { KubeObject } from '@cartographer/machinery';
import { CONVENTIONS_GROUP } from './group.ts';
import { conventionsKinds } from './kinds.ts';

const RBAC = 'rbac.authorization.k8s.io';
const LABELS = { 'app.kubernetes.io/name': 'cartographer', 'app.kubernetes.io/component': 'conventions' };

/** Names of the roles. */
const CONVENTIONS_ROLES = {
  /** Reads everything; part of `view`, `edit` and `admin`. */
  view: 'cartographer-conventions-view',
  /** Writes PodIntents; part of `edit` and `admin`. */
  edit: 'cartographer-conventions-edit',
  /** For accounts that chains stamp intents with: they make and delete them, and never write what one says. */
  stamp: 'cartographer-conventions-stamp',
} as const;

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'update', 'patch', 'delete', 'deletecollection'];

function role(
  name: string,
  resources: readonly string[],
  verbs: readonly string[],
  partOf: readonly string[],
): KubeObject {
  const aggregated = Object.fromEntries(partOf.map((to) => [`${RBAC}/aggregate-to-${to}`, 'true']));
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: { name, labels: { ...LABELS, ...aggregated } },
    rules: [{ apiGroups: [CONVENTIONS_GROUP], resources, verbs }],
  };
}

/**
 * The roles that people and chains' accounts are given. Who registers a convention may rewrite every pod: that stays with
 * the operator, and no role here has it.
 */
export function conventionsRoles(): readonly KubeObject[] {
  const all = Object.values(conventionsKinds).map(({ resource }) => resource);
  const intents = [conventionsKinds.PodIntent.resource];
  return [
    role(CONVENTIONS_ROLES.view, all, READ, ['view', 'edit', 'admin']),
    role(CONVENTIONS_ROLES.edit, intents, WRITE, ['edit', 'admin']),
    role(CONVENTIONS_ROLES.stamp, intents, [...READ, 'create', 'patch', 'delete'], []),
  ];
}
