import { getPath, isList, isObject, type Json } from '@cartographer/machinery';

/** A rule of a Role or ClusterRole. */
export type PolicyRule = {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
};

/** What somebody wants to do. */
export type AccessAttributes =
  | {
      readonly kind: 'resource';
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource?: string;
      readonly namespace?: string;
      readonly name?: string;
    }
  | { readonly kind: 'path'; readonly verb: string; readonly path: string };

const ALL = '*';

/** Whether a rule allows it: RBAC's `RuleAllows`. */
export function ruleAllows(rule: PolicyRule, wanted: AccessAttributes): boolean {
  if (!has(rule.verbs, wanted.verb)) return false;
  if (wanted.kind === 'path') return (rule.nonResourceURLs ?? []).some((url) => urlMatches(url, wanted.path));
  return (
    has(rule.apiGroups, wanted.group) &&
    resourceMatches(rule.resources, wanted.resource, wanted.subresource) &&
    nameMatches(rule.resourceNames, wanted.name)
  );
}

function has(values: readonly string[] | undefined, wanted: string): boolean {
  return values !== undefined && (values.includes(ALL) || values.includes(wanted));
}

function urlMatches(url: string, path: string): boolean {
  return url === ALL || url === path || (url.endsWith(ALL) && path.startsWith(url.slice(0, -1)));
}

function resourceMatches(resources: readonly string[] | undefined, resource: string, subresource?: string): boolean {
  if (resources === undefined) return false;
  if (resources.includes(ALL)) return true;
  if (subresource === undefined) return resources.includes(resource);
  return resources.includes(`${resource}/${subresource}`) || resources.includes(`*/${subresource}`);
}

function nameMatches(names: readonly string[] | undefined, name: string | undefined): boolean {
  return names === undefined || names.length === 0 || (name !== undefined && names.includes(name));
}

/** The rules of a Role or ClusterRole as stored; whatever is not a list of strings counts as absent. */
export function rulesOf(role: unknown): readonly PolicyRule[] {
  const rules = getPath(role, 'rules');
  return isList(rules) ? rules.filter(isObject).map((rule) => ruleOf(rule)) : [];
}

function ruleOf(rule: Json): PolicyRule {
  return {
    verbs: strings(getPath(rule, 'verbs')) ?? [],
    apiGroups: strings(getPath(rule, 'apiGroups')),
    resources: strings(getPath(rule, 'resources')),
    resourceNames: strings(getPath(rule, 'resourceNames')),
    nonResourceURLs: strings(getPath(rule, 'nonResourceURLs')),
  };
}

function strings(value: Json | undefined): readonly string[] | undefined {
  if (!isList(value) || value.length === 0) return undefined;
  return value.filter((item): item is string => typeof item === 'string');
}
