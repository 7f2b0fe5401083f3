import {
  getPath,
  isList,
  isObject,
  type JsonObject,
  type KubeObject,
  type LabelSelector,
  labelSelectorOf,
  textAt,
} from '@cartographer/machinery';

import { type PolicyRule, rulesOf } from './policy-rule.ts';
import { parseServiceAccountUser, type User } from './user.ts';

/** Who a binding names. */
export type Subject = { readonly kind: string; readonly name: string; readonly namespace: string };

/** A RoleBinding (with a namespace) or ClusterRoleBinding, read once. */
export type Binding = {
  readonly name: string;
  readonly namespace?: string;
  readonly roleKind: string;
  readonly roleName: string;
  readonly subjects: readonly Subject[];
};

type StoredRole = {
  readonly rules: readonly PolicyRule[];
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly aggregation: readonly LabelSelector[] | undefined;
};

/** The RBAC objects in a form that can be asked. Fed by whoever sees them change. */
export class RbacIndex {
  readonly #roles = new Map<string, StoredRole>();
  readonly #bindings = new Map<string, Map<string, Binding>>();
  /** Rules of ClusterRoles with an aggregationRule, computed when first asked for. */
  readonly #aggregated = new Map<string, readonly PolicyRule[]>();
  #generation = 0;

  /** Changes with every change of an answer. */
  get generation(): number {
    return this.#generation;
  }

  /** Takes in an object as it is now. Objects of other kinds are ignored. */
  put(object: KubeObject): void {
    const { namespace = '', name = '' } = object.metadata;
    if (object.kind === 'Role' || object.kind === 'ClusterRole') {
      this.#roles.set(`${namespace}/${name}`, readRole(object));
    } else if (object.kind === 'RoleBinding' || object.kind === 'ClusterRoleBinding') {
      const inNamespace = this.#bindings.get(namespace) ?? new Map<string, Binding>();
      inNamespace.set(name, readBinding(object));
      this.#bindings.set(namespace, inNamespace);
    } else return;
    this.#changed();
  }

  /** Forgets an object. */
  remove(object: KubeObject): void {
    const { namespace = '', name = '' } = object.metadata;
    if (object.kind === 'Role' || object.kind === 'ClusterRole') this.#roles.delete(`${namespace}/${name}`);
    else {
      const inNamespace = this.#bindings.get(namespace);
      inNamespace?.delete(name);
      if (inNamespace?.size === 0) this.#bindings.delete(namespace);
    }
    this.#changed();
  }

  /** Bindings that apply in a namespace (`''`: cluster-wide ones only) and name this user, with the subject that does. */
  *bindingsFor(user: User, namespace: string): Generator<{ readonly binding: Binding; readonly subject: Subject }> {
    for (const scope of namespace === '' ? [''] : ['', namespace]) {
      for (const binding of this.#bindings.get(scope)?.values() ?? []) {
        const subject = binding.subjects.find((candidate) => isUser(candidate, user, scope));
        if (subject !== undefined) yield { binding, subject };
      }
    }
  }

  /** The rules of a binding's role, or undefined when there is no such role. */
  rulesOf(binding: Pick<Binding, 'namespace' | 'roleKind' | 'roleName'>): readonly PolicyRule[] | undefined {
    const isLocal = binding.roleKind === 'Role';
    if (isLocal ? binding.namespace === undefined : binding.roleKind !== 'ClusterRole') return undefined;
    const role = this.#roles.get(`${isLocal ? binding.namespace : ''}/${binding.roleName}`);
    return role?.aggregation === undefined ? role?.rules : this.#aggregate(binding.roleName, role.aggregation);
  }

  /** ClusterRoles that are made of others, with the rules they have now. */
  *aggregatedRoles(): Generator<{ readonly name: string; readonly rules: readonly PolicyRule[] }> {
    for (const [key, { aggregation }] of this.#roles) {
      const name = key.slice(1);
      if (aggregation !== undefined && key.startsWith('/')) yield { name, rules: this.#aggregate(name, aggregation) };
    }
  }

  #aggregate(name: string, selectors: readonly LabelSelector[]): readonly PolicyRule[] {
    const known = this.#aggregated.get(name);
    if (known !== undefined) return known;
    const rules = new Map<string, PolicyRule>();
    this.#collect(selectors, rules, new Set([`/${name}`]));
    const result = [...rules.values()];
    this.#aggregated.set(name, result);
    return result;
  }

  /** Roles may be aggregated from aggregated ones (`admin` holds `edit`, which holds `view`): each is visited once. */
  #collect(selectors: readonly LabelSelector[], rules: Map<string, PolicyRule>, visited: Set<string>): void {
    for (const [key, role] of this.#roles) {
      if (!key.startsWith('/') || visited.has(key) || !selectors.some((one) => one.matches(role.labels))) continue;
      visited.add(key);
      if (role.aggregation !== undefined) this.#collect(role.aggregation, rules, visited);
      else for (const rule of role.rules) rules.set(JSON.stringify(rule), rule);
    }
  }

  #changed(): void {
    this.#generation += 1;
    this.#aggregated.clear();
  }
}

function readRole(object: KubeObject): StoredRole {
  const selectors = getPath(object, 'aggregationRule', 'clusterRoleSelectors');
  return {
    rules: rulesOf(object),
    labels: object.metadata.labels,
    aggregation: isList(selectors) ? selectors.filter(isObject).flatMap(readSelector) : undefined,
  };
}

/** A selector that cannot be read selects nothing: granting less is the safe side. */
function readSelector(selector: JsonObject): readonly LabelSelector[] {
  try {
    return [labelSelectorOf(selector)];
  } catch {
    return [];
  }
}

function readBinding(object: KubeObject): Binding {
  const { name = '', namespace } = object.metadata;
  const subjects = getPath(object, 'subjects');
  return {
    name,
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    roleKind: textAt(object, 'roleRef', 'kind'),
    roleName: textAt(object, 'roleRef', 'name'),
    subjects: (isList(subjects) ? subjects.filter(isObject) : []).map((subject) => ({
      kind: textAt(subject, 'kind'),
      name: textAt(subject, 'name'),
      namespace: textAt(subject, 'namespace'),
    })),
  };
}

function isUser(subject: Subject, user: User, bindingNamespace: string): boolean {
  if (subject.kind === 'User') return subject.name === user.name;
  if (subject.kind === 'Group') return user.groups.includes(subject.name);
  if (subject.kind !== 'ServiceAccount') return false;
  const account = parseServiceAccountUser(user.name);
  const namespace = subject.namespace === '' ? bindingNamespace : subject.namespace;
  return account !== undefined && account.name === subject.name && account.namespace === namespace;
}
