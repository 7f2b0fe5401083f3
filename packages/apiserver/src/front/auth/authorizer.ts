import { memoByIdentity } from '@cartographer/machinery';
import { type AccessAttributes, type PolicyRule, ruleAllows } from './policy-rule.ts';
import type { Binding, RbacIndex, Subject } from './rbac-index.ts';
import { MASTERS, type User } from './user.ts';

/** An answer; `reason` is what access reviews and refusals show. */
type Decision = { readonly allowed: boolean; readonly reason: string };

/** Says who may do what. */
export interface Authorizer {
  authorize(user: User, wanted: AccessAttributes): Decision;
  /** All rules that a user has in a namespace (`''`: cluster-wide ones), and the bindings whose role is not there. */
  rulesFor(
    user: User,
    namespace: string,
  ): { readonly rules: readonly PolicyRule[]; readonly dangling: readonly RoleRef[] };
}

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** Lets everybody do everything, as `--authorization-mode=AlwaysAllow` does. */
export const alwaysAllow: Authorizer = {
  authorize: () => ({ allowed: true, reason: '' }),
  rulesFor: () => ({ rules: everything, dangling: [] }),
};

const MAX_CACHED_DECISIONS = 4096;
/** What is longer is asked for in reviews only, whose texts may be megabytes. */
const MAX_CACHED_LENGTH = 2048;
const allowedByGroup: Decision = { allowed: true, reason: '' };

/**
 * RBAC over an index of roles and bindings. Decisions are remembered per user object until the index
 * changes; members of system:masters pass unasked.
 */
export function createRbacAuthorizer(index: RbacIndex): Authorizer {
  let decisionsOf = noDecisions();
  let generation = index.generation;

  function remembered(known: Map<string, Decision>, user: User, wanted: AccessAttributes): Decision {
    const key = keyOf(wanted);
    const hit = known.get(key);
    if (hit !== undefined) return hit;
    const decision = evaluate(index, user, wanted);
    if (key.length > MAX_CACHED_LENGTH) return decision;
    if (known.size >= MAX_CACHED_DECISIONS) known.clear();
    known.set(key, decision);
    return decision;
  }

  function decide(user: User, wanted: AccessAttributes): Decision {
    if (user.groups.includes(MASTERS)) return allowedByGroup;
    if (generation !== index.generation) {
      generation = index.generation;
      decisionsOf = noDecisions();
    }
    const known = decisionsOf(user);
    if (wanted.kind === 'path' || wanted.name === undefined) return remembered(known, user, wanted);
    // Most rules name no objects: one decision then holds for all of them.
    const forAll = remembered(known, user, { ...wanted, name: undefined });
    return forAll.allowed ? forAll : remembered(known, user, wanted);
  }

  return {
    authorize: decide,
    rulesFor(user, namespace) {
      if (user.groups.includes(MASTERS)) return { rules: everything, dangling: [] };
      const rules: PolicyRule[] = [];
      const dangling: RoleRef[] = [];
      for (const { binding } of index.bindingsFor(user, namespace)) {
        const own = index.rulesOf(binding);
        if (own === undefined) dangling.push(binding);
        else for (const rule of own) rules.push(rule);
      }
      return { rules, dangling };
    },
  };
}

function noDecisions(): (user: User) => Map<string, Decision> {
  return memoByIdentity(() => new Map());
}

/** No two wishes share a key: access reviews may hold any text, and what they are told is remembered, too. */
function keyOf(wanted: AccessAttributes): string {
  if (wanted.kind === 'path') return JSON.stringify([wanted.verb, wanted.path]);
  const { verb, group, resource, subresource = '', namespace = '', name = '' } = wanted;
  return JSON.stringify([verb, group, resource, subresource, namespace, name]);
}

function evaluate(index: RbacIndex, user: User, wanted: AccessAttributes): Decision {
  const namespace = wanted.kind === 'resource' ? (wanted.namespace ?? '') : '';
  const errors: string[] = [];
  for (const { binding, subject } of index.bindingsFor(user, namespace)) {
    const rules = index.rulesOf(binding);
    if (rules === undefined) errors.push(missingRole(binding));
    else if (rules.some((rule) => ruleAllows(rule, wanted))) {
      return { allowed: true, reason: `RBAC: allowed by ${describeBinding(binding, subject)}` };
    }
  }
  return { allowed: false, reason: errors.length === 0 ? '' : `RBAC: ${joinErrors(errors)}` };
}

/** What a binding is of. */
export type RoleRef = Pick<Binding, 'roleKind' | 'roleName'>;

/** How the real server spells the error of a binding whose role is missing. */
export function missingRole(binding: RoleRef): string {
  const resource = `${binding.roleKind.toLowerCase()}.rbac.authorization.k8s.io`;
  return `${resource} ${JSON.stringify(binding.roleName)} not found`;
}

/** Go's aggregate error: one stands alone, several in brackets. */
export function joinErrors(errors: readonly string[]): string {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`;
}

function describeBinding(binding: Binding, subject: Subject): string {
  const [kind, name] =
    binding.namespace === undefined
      ? ['ClusterRoleBinding', binding.name]
      : ['RoleBinding', `${binding.name}/${binding.namespace}`];
  const namespace = subject.namespace === '' ? (binding.namespace ?? '') : subject.namespace;
  const who = subject.kind === 'ServiceAccount' ? `${subject.name}/${namespace}` : subject.name;
  const role = `${binding.roleKind} ${JSON.stringify(binding.roleName)}`;
  return `${kind} ${JSON.stringify(name)} of ${role} to ${subject.kind} ${JSON.stringify(who)}`;
}

/** The sentence of a 403 for a resource request or a path. */
export function forbiddenSentence(user: User, wanted: AccessAttributes, reason: string): string {
  const because = reason === '' ? '' : `: ${reason}`;
  const who = `User ${JSON.stringify(user.name)}`;
  if (wanted.kind === 'path') return `${who} cannot ${wanted.verb} path ${JSON.stringify(wanted.path)}${because}`;
  const resource = wanted.subresource === undefined ? wanted.resource : `${wanted.resource}/${wanted.subresource}`;
  const where =
    wanted.namespace === undefined || wanted.namespace === ''
      ? 'at the cluster scope'
      : `in the namespace ${JSON.stringify(wanted.namespace)}`;
  const group = JSON.stringify(wanted.group);
  return `${who} cannot ${wanted.verb} resource ${JSON.stringify(resource)} in API group ${group} ${where}${because}`;
}
