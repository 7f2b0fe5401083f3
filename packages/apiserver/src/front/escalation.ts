import { deepEqual, failure, getPath, type KubeObject, stringifyJson, textAt } from '@cartographer/machinery';

import type { AdmissionHook, AdmissionReview } from '../core-api.ts';
import { forbidden, StatusError } from '../status-error.ts';
import { type Authorizer, joinErrors, missingRole } from './authorizer.ts';
import { type PolicyRule, rulesOf } from './policy-rule.ts';
import type { RbacIndex } from './rbac-index.ts';
import { missingRights, quoteList } from './rule-coverage.ts';
import { MASTERS, type User } from './user.ts';

const GROUP = 'rbac.authorization.k8s.io';
const ROLES = new Set(['Role', 'ClusterRole']);
const BINDINGS = new Set(['RoleBinding', 'ClusterRoleBinding']);
const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/**
 * Nobody grants what they do not hold: a write of a role (without the verb `escalate`) or a binding (without
 * the verb `bind`) may only contain rights of the writer.
 */
export function createEscalationCheck(authorizer: Authorizer, index: RbacIndex): AdmissionHook {
  return {
    matches: (info, operation) =>
      info.group === GROUP && operation !== 'DELETE' && (ROLES.has(info.kind) || BINDINGS.has(info.kind)),
    review(review) {
      const { user, object, info } = review;
      if (user.groups.includes(MASTERS) || object === undefined) return { allowed: true };
      const refusal = ROLES.has(info.kind)
        ? roleRefusal(authorizer, review, object)
        : bindingRefusal(authorizer, index, review, object);
      if (refusal === undefined) return { allowed: true };
      throw forbidden(info, object.metadata.name ?? '', refusal);
    },
  };
}

function changed(old: KubeObject | undefined, object: KubeObject, ...fields: readonly string[]): boolean {
  return old === undefined || fields.some((field) => !deepEqual(getPath(old, field), getPath(object, field)));
}

function roleRefusal(authorizer: Authorizer, review: AdmissionReview, object: KubeObject): string | undefined {
  const { user, old, namespace, name, info } = review;
  if (!changed(old, object, 'rules', 'aggregationRule')) return undefined;
  if (holds(authorizer, user, { verb: 'escalate', resource: info.resource, namespace, name })) return undefined;
  const aggregates = (getPath(object, 'aggregationRule') ?? null) !== null;
  if (aggregates && missingRights(authorizer.rulesFor(user, '').rules, everything).length > 0) {
    return 'must have cluster-admin privileges to use an aggregationRule';
  }
  return missing(authorizer, user, namespace, rulesOf(object));
}

function bindingRefusal(
  authorizer: Authorizer,
  index: RbacIndex,
  { user, old, namespace }: AdmissionReview,
  object: KubeObject,
): string | undefined {
  if (!changed(old, object, 'roleRef', 'subjects')) return undefined;
  const roleKind = textAt(object, 'roleRef', 'kind');
  const roleName = textAt(object, 'roleRef', 'name');
  const resource = roleKind === 'Role' ? 'roles' : 'clusterroles';
  if (holds(authorizer, user, { verb: 'bind', resource, namespace, name: roleName })) return undefined;
  const rules = index.rulesOf({ namespace, roleKind, roleName });
  if (rules === undefined) throw new StatusError(failure(404, 'NotFound', missingRole({ roleKind, roleName })));
  return missing(authorizer, user, namespace, rules);
}

type Right = { readonly verb: string; readonly resource: string; readonly namespace?: string; readonly name?: string };

function holds(authorizer: Authorizer, user: User, right: Right): boolean {
  return authorizer.authorize(user, { kind: 'resource', group: GROUP, ...right }).allowed;
}

function missing(
  authorizer: Authorizer,
  user: User,
  namespace: string | undefined,
  wanted: readonly PolicyRule[],
): string | undefined {
  const { rules, errors } = authorizer.rulesFor(user, namespace ?? '');
  const rights = missingRights(rules, wanted);
  if (rights.length === 0) return undefined;
  const who = `user ${stringifyJson(user.name)} (groups=${quoteList(user.groups)})`;
  const because = errors.length === 0 ? '' : `; resolution errors: ${joinErrors(errors)}`;
  return `${who} is attempting to grant RBAC permissions not currently held:\n${rights.join('\n')}${because}`;
}
