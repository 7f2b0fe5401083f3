import { deepEqual, getPath, isList, type KubeObject, stringifyJson, textAt } from '@cartographer/machinery';

import type { AdmissionHook, AdmissionReview } from '../../core-api.ts';
import { badRequest, forbidden, internalError, notFound } from '../../status-error.ts';
import { type Authorizer, joinErrors } from './authorizer.ts';
import { type PolicyRule, rulesOf } from './policy-rule.ts';
import type { RbacIndex } from './rbac-index.ts';
import { missingRights, quoteList } from './rule-coverage.ts';
import { MASTERS } from './user.ts';

const GROUP = 'rbac.authorization.k8s.io';
const ROLES = new Set(['Role', 'ClusterRole']);
const BINDINGS = new Set(['RoleBinding', 'ClusterRoleBinding']);
const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/**
 * Nobody grants what they do not hold: whoever writes a role (without the verb `escalate`) or a binding (without the
 * verb `bind`) must hold every right in it. That is asked at every change, not only at one of the rules: a label puts a
 * role into an aggregated one, a subject into a binding. Only what the garbage collector needs is free.
 * Source: the RBAC registries of a real server, recorded by `conformance/grant-probes.ts`.
 */
export function createEscalationCheck(authorizer: Authorizer, index: RbacIndex): AdmissionHook {
  return {
    matches: (info, operation) =>
      info.group === GROUP && operation !== 'DELETE' && (ROLES.has(info.kind) || BINDINGS.has(info.kind)),
    review(review) {
      const { user, object, old, info, name = '' } = review;
      if (user.groups.includes(MASTERS) || object === undefined) return { allowed: true };
      if (old !== undefined && isCollectorsChange(object, old)) return { allowed: true };
      const refusal = ROLES.has(info.kind)
        ? roleRefusal(authorizer, review, object)
        : bindingRefusal(authorizer, index, review, object);
      if (refusal === undefined) return { allowed: true };
      throw forbidden(info, name, refusal);
    },
  };
}

/** Whether nothing changes but finalizers and owner references, which the garbage collector writes. */
function isCollectorsChange(object: KubeObject, old: KubeObject): boolean {
  return deepEqual(withoutCollectors(object), withoutCollectors(old));
}

function withoutCollectors({ metadata, ...rest }: KubeObject): object {
  const { finalizers: _finalizers, ownerReferences: _owners, managedFields: _fields, ...others } = metadata;
  return { ...rest, metadata: others };
}

function roleRefusal(authorizer: Authorizer, review: AdmissionReview, object: KubeObject): string | undefined {
  const { user, old, namespace, pathName, info } = review;
  const escalate = { verb: 'escalate', group: GROUP, resource: info.resource, namespace, name: pathName } as const;
  if (authorizer.authorize(user, { kind: 'resource', ...escalate }).allowed) return undefined;
  const refusal = missing(authorizer, review, rulesOf(object));
  if (refusal !== undefined) return refusal;
  // It gathers whatever carries a label, now or later; and without it rules may stay that were to go.
  if (!hasAggregationRule(object) && (old === undefined || !hasAggregationRule(old))) return undefined;
  if (missingRights(authorizer.rulesFor(user, '').rules, everything).length === 0) return undefined;
  return 'must have cluster-admin privileges to use the aggregationRule';
}

function hasAggregationRule(role: KubeObject): boolean {
  const selectors = getPath(role, 'aggregationRule', 'clusterRoleSelectors');
  return isList(selectors) && selectors.length > 0;
}

function bindingRefusal(
  authorizer: Authorizer,
  index: RbacIndex,
  review: AdmissionReview,
  object: KubeObject,
): string | undefined {
  const { user, namespace, info } = review;
  const group = textAt(object, 'roleRef', 'apiGroup');
  const roleKind = textAt(object, 'roleRef', 'kind');
  const roleName = textAt(object, 'roleRef', 'name');
  if (!ROLES.has(roleKind)) throw internalError(`unsupported role reference kind: ${stringifyJson(roleKind)}`);
  const resource = roleKind === 'Role' ? 'roles' : 'clusterroles';
  const bind = { verb: 'bind', group, resource, namespace, name: roleName } as const;
  if (authorizer.authorize(user, { kind: 'resource', ...bind }).allowed) return undefined;
  if (roleKind === 'Role' && namespace === undefined) throw badRequest('Namespace parameter required.');
  const rules = index.rulesOf({ namespace, roleKind, roleName });
  // A real server names the role as if it were one of the resource that is written.
  if (rules === undefined) throw notFound(info, roleName);
  return missing(authorizer, review, rules);
}

/** What of the wanted rights the writer does not hold in the namespace of the write, in the words of a real server. */
function missing(
  authorizer: Authorizer,
  { user, namespace = '', info }: AdmissionReview,
  wanted: readonly PolicyRule[],
): string | undefined {
  const { rules, dangling } = authorizer.rulesFor(user, namespace);
  const rights = missingRights(rules, wanted);
  if (rights.length === 0) return undefined;
  const who = `user ${stringifyJson(user.name)} (groups=${quoteList(user.groups)})`;
  const errors = dangling.map(({ roleName }) => notFound(info, roleName).message);
  const because = errors.length === 0 ? '' : `; resolution errors: [${joinErrors(errors)}]`;
  return `${who} is attempting to grant RBAC permissions not currently held:\n${rights.join('\n')}${because}`;
}
