import type { KubeObject } from '@cartographer/machinery';
import { SCANNING_GROUP } from './group.ts';
import { scanningKinds } from './kinds.ts';

const RBAC = 'rbac.authorization.k8s.io';
const LABELS = { 'app.kubernetes.io/name': 'cartographer', 'app.kubernetes.io/component': 'scanning' };

/** Names of the roles. */
export const SCANNING_ROLES = {
  /** Reads everything; part of `view`, `edit` and `admin`. */
  view: 'cartographer-scanning-view',
  /** For accounts that chains stamp scans with: they make and delete scans, and never write what one says. */
  stamp: 'cartographer-scanning-stamp',
  /** Writes exceptions of a namespace; part of no other role. */
  exceptions: 'scan-exceptions',
} as const;

const role = (name: string, resources: readonly string[], verbs: readonly string[], labels = {}): KubeObject => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRole',
  metadata: { name, labels: { ...LABELS, ...labels } },
  rules: [{ apiGroups: [SCANNING_GROUP], resources, verbs }],
});

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** The roles that people and chains' accounts are given; writing policies, sources and scans stays with the operator. */
export function scanningRoles(): readonly KubeObject[] {
  const { ImageScan, SourceScan, VulnerabilityException } = scanningKinds;
  const all = Object.values(scanningKinds).map(({ resource }) => resource);
  const scans = [ImageScan.resource, SourceScan.resource];
  const aggregated = ['view', 'edit', 'admin'].map((to) => [`${RBAC}/aggregate-to-${to}`, 'true']);
  return [
    role(SCANNING_ROLES.view, all, READ, Object.fromEntries(aggregated)),
    role(SCANNING_ROLES.stamp, scans, [...READ, 'create', 'patch', 'delete']),
    role(SCANNING_ROLES.exceptions, [VulnerabilityException.resource], [...READ, ...WRITE]),
  ];
}
