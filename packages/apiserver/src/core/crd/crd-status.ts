import { type KubeObject, rfc3339 } from '@cartographer/machinery';

import type { ResourceRegistry } from '../registry.ts';
import type { Crd, CrdCondition, CrdNames } from './crd-types.ts';

/** Holds a CustomResourceDefinition until its objects are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** Whether the definition's resource is served. */
export function isEstablished(object: KubeObject): boolean {
  return conditionOf(object as Crd, 'Established')?.status === 'True';
}

function conditionOf(crd: Crd, type: string): CrdCondition | undefined {
  return crd.status?.conditions?.find((condition) => condition.type === type);
}

/** Conditions with one of them set; its transition time moves only with its status. */
export function withCondition(
  crd: Crd,
  condition: Omit<CrdCondition, 'lastTransitionTime'>,
  now: number,
): readonly CrdCondition[] {
  const conditions = crd.status?.conditions ?? [];
  const known = conditionOf(crd, condition.type);
  const lastTransitionTime = known?.status === condition.status ? known.lastTransitionTime : rfc3339(now);
  const next = { ...condition, lastTransitionTime };
  return known === undefined ? [...conditions, next] : conditions.map((item) => (item === known ? next : item));
}

/** A name of the definition that something else in its group already has. */
type NameConflict = { readonly reason: string; readonly message: string };

/** What other resources of the group use, by use. */
type UsedNames = { readonly plurals: Set<string>; readonly others: Set<string>; readonly kinds: Set<string> };

/** Looks for conflicts, each kind of name in turn as a real server does; the last one found is reported. */
function nameConflict(registry: ResourceRegistry, { spec }: Crd): NameConflict | undefined {
  const used = usedNames(registry, spec.group, spec.names.plural);
  const { names } = spec;
  const inUse = (name: string): string => `"${name}" is already in use`;
  let conflict: NameConflict | undefined;
  const check = (taken: boolean, reason: string, name: string): void => {
    if (taken) conflict = { reason, message: inUse(name) };
  };
  check(used.plurals.has(names.plural), 'PluralConflict', names.plural);
  if (names.singular)
    check(used.plurals.has(names.singular) && used.others.has(names.singular), 'SingularConflict', names.singular);
  for (const short of names.shortNames ?? []) check(used.others.has(short), 'ShortNamesConflict', short);
  check(used.kinds.has(names.kind), 'KindConflict', names.kind);
  if (names.listKind) check(used.kinds.has(names.listKind), 'ListKindConflict', names.listKind);
  return conflict;
}

function usedNames(registry: ResourceRegistry, group: string, plural: string): UsedNames {
  const used: UsedNames = { plurals: new Set(), others: new Set(), kinds: new Set() };
  for (const info of registry.all()) {
    const isOwn = !info.builtIn && info.resource === plural;
    if (info.group !== group || isOwn) continue;
    used.plurals.add(info.resource).add(info.singular);
    used.others.add(info.resource).add(info.singular);
    for (const short of info.shortNames) used.others.add(short);
    used.kinds.add(info.kind).add(info.listKind);
  }
  return used;
}

/** The status that a definition should have, given what else is served. The same object when nothing changes. */
export function settledStatus(registry: ResourceRegistry, crd: Crd, now: number): Crd {
  const conflict = isEstablished(crd) && sameNames(crd) ? undefined : nameConflict(registry, crd);
  const { names } = crd.spec;
  const accepted: CrdNames = conflict === undefined ? names : { plural: names.plural, kind: '' };
  const named = withStatus(crd, {
    acceptedNames: accepted,
    conditions: withCondition(
      crd,
      conflict === undefined
        ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
        : { type: 'NamesAccepted', status: 'False', ...conflict },
      now,
    ),
  });
  if (isEstablished(crd)) return named;
  const established = conflict === undefined;
  return withStatus(named, {
    conditions: withCondition(
      named,
      established
        ? {
            type: 'Established',
            status: 'True',
            reason: 'InitialNamesAccepted',
            message: 'the initial names have been accepted',
          }
        : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
      now,
    ),
  });
}

function sameNames({ spec, status }: Crd): boolean {
  const { names } = spec;
  return status?.acceptedNames?.kind === names.kind && status.acceptedNames.listKind === names.listKind;
}

/** The definition with parts of its status replaced. */
export function withStatus(crd: Crd, status: Partial<NonNullable<Crd['status']>>): Crd {
  return { ...crd, status: { ...crd.status, ...status } };
}
