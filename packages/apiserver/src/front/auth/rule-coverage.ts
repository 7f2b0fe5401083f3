import type { PolicyRule } from './policy-rule.ts';

/** The rights in `wanted` that `held` does not include, as one line each in Kubernetes' notation; empty when all are held. */
export function missingRights(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly string[] {
  const missing = rightsOf(wanted).filter((right) => !held.some((rule) => covers(rule, right)));
  return [...new Set(compact(missing).map(describe))].toSorted();
}

/** More rights than this are not told apart: a rule of a few lists stands for the product of their lengths. */
const MAX_RIGHTS = 100_000;

/** The rules, split up; those beyond the bound stay whole, so that only a rule that covers all of one grants it. */
function rightsOf(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  let left = MAX_RIGHTS;
  return rules.flatMap((rule) => {
    const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
    const targets = apiGroups.length * resources.length * Math.max(1, resourceNames.length) + nonResourceURLs.length;
    left -= targets * verbs.length;
    return left < 0 ? halvesOf(rule) : breakDown(rule);
  });
}

/** What a rule says about objects, and what about paths: they are held apart. */
function halvesOf({ nonResourceURLs, ...rest }: PolicyRule): readonly PolicyRule[] {
  const paths = nonResourceURLs === undefined ? [] : [{ verbs: rest.verbs, nonResourceURLs }];
  return rest.resources === undefined ? paths : [rest, ...paths];
}

/** Splits a rule into rights of one group, resource, name and verb. */
function breakDown({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule) {
  const targets: Omit<PolicyRule, 'verbs'>[] = apiGroups.flatMap((group) =>
    resources.flatMap((resource) => {
      const target = { apiGroups: [group], resources: [resource] };
      return resourceNames.length === 0 ? target : resourceNames.map((name) => ({ ...target, resourceNames: [name] }));
    }),
  );
  targets.push(...nonResourceURLs.map((url) => ({ nonResourceURLs: [url] })));
  return targets.flatMap((target): PolicyRule[] => verbs.map((verb) => ({ ...target, verbs: [verb] })));
}

function covers(held: PolicyRule, right: PolicyRule): boolean {
  if (!includesAll(held.verbs, right.verbs)) return false;
  if (right.nonResourceURLs !== undefined) {
    return right.nonResourceURLs.every((url) => (held.nonResourceURLs ?? []).some((own) => urlCovers(own, url)));
  }
  const names = held.resourceNames ?? [];
  return (
    includesAll(held.apiGroups ?? [], right.apiGroups ?? []) &&
    (right.resources ?? []).every((resource) => resourceCovered(held.resources ?? [], resource)) &&
    (names.length === 0 || (right.resourceNames !== undefined && right.resourceNames.every((n) => names.includes(n))))
  );
}

function includesAll(own: readonly string[], wanted: readonly string[]): boolean {
  return own.includes('*') || wanted.every((value) => own.includes(value));
}

function resourceCovered(own: readonly string[], wanted: string): boolean {
  if (own.includes('*') || own.includes(wanted)) return true;
  const slash = wanted.indexOf('/');
  return slash >= 0 && own.includes(`*${wanted.slice(slash)}`);
}

function urlCovers(own: string, wanted: string): boolean {
  return own === '*' || own === wanted || (own.endsWith('*') && wanted.startsWith(own.slice(0, -1)));
}

/** Joins the verbs of rights that differ in nothing else. */
function compact(rights: readonly PolicyRule[]): readonly PolicyRule[] {
  const byTarget = new Map<string, PolicyRule>();
  const result: PolicyRule[] = [];
  for (const right of rights) {
    const key = JSON.stringify([right.apiGroups, right.resources, right.resourceNames]);
    const same = right.nonResourceURLs === undefined ? byTarget.get(key) : undefined;
    if (same !== undefined) (same.verbs as string[]).push(...right.verbs.filter((verb) => !same.verbs.includes(verb)));
    else {
      const copy = { ...right, verbs: [...right.verbs] };
      result.push(copy);
      if (right.nonResourceURLs === undefined) byTarget.set(key, copy);
    }
  }
  return result;
}

/** client-go's `CompactString`: Go's `%q` of the lists that are not empty. */
function describe(rule: PolicyRule): string {
  const parts: [string, readonly string[] | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ];
  const shown = parts.flatMap(([name, values]) =>
    values === undefined || values.length === 0 ? [] : [`${name}:${quoteList(values)}`],
  );
  return `{${shown.join(', ')}}`;
}

/** Go's `%q` of a list of strings. */
export function quoteList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}
