import { deleteProbes } from './delete-probes.ts';
import { grantProbes } from './grant-probes.ts';
import type { Probe } from './probe.ts';
import { readProbes, watchProbes } from './read-probes.ts';
import { authProbes, definitionProbes, httpProbes, namespaceProbes } from './server-probes.ts';
import { applyProbes, createProbes, patchProbes, updateProbes } from './write-probes.ts';

/** Every probe, in the order in which they are sent: each stands on what those before it left. */
export const allProbes: readonly Probe[] = [
  ...createProbes,
  ...updateProbes,
  ...patchProbes,
  ...applyProbes,
  ...readProbes,
  ...watchProbes,
  ...deleteProbes,
  ...httpProbes,
  ...authProbes,
  ...grantProbes,
  ...definitionProbes,
  ...namespaceProbes,
];

/** The namespace of the probes. */
const NS = 'probe-ns';
const places: Readonly<Record<string, string>> = {
  $W: `/apis/probe.test/v1/namespaces/${NS}/gadgets`,
  $CM: `/api/v1/namespaces/${NS}/configmaps`,
  $RB: '/apis/rbac.authorization.k8s.io/v1',
  $CRD: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  $NS: NS,
};

/** Puts the places of the run into a text; see {@link Probe}. */
export function fillPlaces(text: string): string {
  return text.replaceAll(/\$(?:W|CM|RB|CRD|NS)\b/g, (place) => places[place] ?? place);
}
