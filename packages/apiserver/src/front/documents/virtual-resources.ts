import { formatApiVersion } from '@cartographer/machinery';

/** A resource that is asked and answered at once, and never stored. */
export type VirtualResource = {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
};

const AUTHENTICATION = 'authentication.k8s.io';
const AUTHORIZATION = 'authorization.k8s.io';

function virtual(group: string, kind: string, namespaced = false): VirtualResource {
  const singular = kind.toLowerCase();
  return { group, version: 'v1', resource: `${singular}s`, singular, kind, namespaced };
}

/** Every resource of this sort, in discovery order. */
export const virtualResources: readonly VirtualResource[] = [
  virtual(AUTHENTICATION, 'SelfSubjectReview'),
  virtual(AUTHENTICATION, 'TokenReview'),
  virtual(AUTHORIZATION, 'LocalSubjectAccessReview', true),
  virtual(AUTHORIZATION, 'SelfSubjectAccessReview'),
  virtual(AUTHORIZATION, 'SelfSubjectRulesReview'),
  virtual(AUTHORIZATION, 'SubjectAccessReview'),
];

const byPath = new Map(virtualResources.map((one) => [`${one.group}/${one.version}/${one.resource}`, one]));

/** The virtual resource that a path names. */
export function findVirtualResource(group: string, version: string, resource: string): VirtualResource | undefined {
  return byPath.get(`${group}/${version}/${resource}`);
}

/** Whether a group version exists though the registry has nothing in it. */
export function hasVirtualGroup(group: string, version: string): boolean {
  return virtualResources.some((one) => one.group === group && one.version === version);
}

/** `authorization.k8s.io/v1`. */
export function apiVersionOf(resource: { readonly group: string; readonly version: string }): string {
  return formatApiVersion(resource.group, resource.version);
}
