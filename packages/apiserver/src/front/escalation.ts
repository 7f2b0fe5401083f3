import { deepEqual, getPath, type KubeObject, stringifyJson } from '@cartographer/machinery';

import type { AdmissionAnswer, AdmissionHook, AdmissionReview } from '../core-api.ts';
import { type Authorizer, joinErrors, missingRole } from './authorizer.ts';
import { type PolicyRule, rulesOf } from './policy-rule.ts';
import type { RbacIndex } from './rbac-index.ts';
import { missingRights, quoteList } from './rule-coverage.ts';
import { MASTERS, type User } from './user.ts';

const GROUP = 'rbac.authorization.k8s.io';
const ROLES = new Set(['Role', 'ClusterRole']);
const BINDINGS = new Set(['RoleBinding', 'ClusterRoleBinding']);

/**
 * Nobody grants what they do not hold: a write of a role (without the verb `escalate`) or a binding (without
 * the verb `bind`) may only contain rights of the writer.
 */
export function createEscalationCheck(authorizer: Authorizer, index: RbacIndex): AdmissionHook {
  return {
    matches: (info, operation) =>
      info.group === GROUP && operation !== 'DELETE' && (ROLES.has(info.kind) || BINDINGS.has(info.kind)),
    review(review) {
      const user: User = review.user;
      if (user.groups.includes(MASTERS) || review.object === undefined) return allowed;
      return ROLES.has(review.info.kind)
        ? reviewRole(authorizer, user, review, review.object)
        : reviewBinding(authorizer, index, user, review, review.object);
    },
  };
}

const allowed: AdmissionAnswer = { allowed: true };

function holds(
  authorizer: Authorizer,
  user: User,
  verb: string,
  resource: string,
  namespace?: string,
  name?: string,
): boolean {
  const wanted = { kind: 'resource', verb, group: GROUP, resource, namespace, name } as const;
  return authorizer.authorize(user, wanted).allowed;
}

function reviewRole(authorizer: Authorizer, user: User, review: AdmissionReview, object: KubeObject): AdmissionAnswer {
  const { old, namespace, name, info } = review;
  const same = (field: string): boolean => deepEqual(getPath(old, field), getPath(object, field));
  if (old !== undefined && same('rules') && same('aggregationRule')) return allowed;
  if (holds(authorizer, user, 'escalate', info.resource, namespace, name)) return allowed;
  if (getPath(object, 'aggregationRule') !== undefined && getPath(object, 'aggregationRule') !== null) {
    const everything = [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ];
    if (missingRights(authorizer.rulesFor(user, '').rules, everything).length > 0) {
      return refuse('must have cluster-admin privileges to use an aggregationRule');
    }
  }
  return confirm(authorizer, user, namespace, rulesOf(object));
}

function reviewBinding(
  authorizer: Authorizer,
  index: RbacIndex,
  user: User,
  { old, namespace }: AdmissionReview,
  object: KubeObject,
): AdmissionAnswer {
  const same = (field: string): boolean => deepEqual(getPath(old, field), getPath(object, field));
  if (old !== undefined && same('roleRef') && same('subjects')) return allowed;
  const roleKind = textOf(getPath(object, 'roleRef', 'kind'));
  const roleName = textOf(getPath(object, 'roleRef', 'name'));
  const resource = roleKind === 'Role' ? 'roles' : 'clusterroles';
  if (holds(authorizer, user, 'bind', resource, namespace, roleName)) return allowed;
  const rules = index.rulesOf({ namespace, roleKind, roleName });
  if (rules === undefined)
    return { allowed: false, code: 404, reason: 'NotFound', message: missingRole({ roleKind, roleName }) };
  return confirm(authorizer, user, namespace, rules);
}

function confirm(
  authorizer: Authorizer,
  user: User,
  namespace: string | undefined,
  wanted: readonly PolicyRule[],
): AdmissionAnswer {
  const { rules, errors } = authorizer.rulesFor(user, namespace ?? '');
  const missing = missingRights(rules, wanted);
  if (missing.length === 0) return allowed;
  const who = `user ${stringifyJson(user.name)} (groups=${quoteList(user.groups)})`;
  const because = errors.length === 0 ? '' : `; resolution errors: ${joinErrors(errors)}`;
  return refuse(`${who} is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}${because}`);
}

function refuse(message: string): AdmissionAnswer {
  return { allowed: false, code: 403, reason: 'Forbidden', message };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
