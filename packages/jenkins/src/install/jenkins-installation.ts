import type { KubeObject } from '@cartographer/machinery';
import { type PartValues, type StandbyPart, standbyFiles } from '@cartographer/runtime';
import { jenkinsCrds } from '../kinds/kinds.ts';
import { jenkinsRoles } from '../kinds/roles.ts';
import { jenkinsRights } from './jenkins-rights.ts';
import { JENKINS_LABELS, JENKINS_NAMES } from './names.ts';

/** How many replicas there are unless an operator says otherwise: one leads, the other stands by. */
export const JENKINS_REPLICAS = 2;
/** Builds in work are let go, and the lease is given back: 10 s each at most. */
const STOP_SECONDS = 30;

const PART: StandbyPart = {
  name: JENKINS_NAMES.jenkins,
  labels: JENKINS_LABELS,
  stopSeconds: STOP_SECONDS,
  command: 'jenkins',
  metricsService: JENKINS_NAMES.metricsService,
  rights: jenkinsRights,
};

/** Everything that runs builds on Jenkins in a cluster, by the file that it stands in, in the order in which it is applied. */
export function jenkinsFiles(values: PartValues): ReadonlyMap<string, readonly KubeObject[]> {
  return standbyFiles(PART, values);
}

/** The kinds, the roles of those who use them, and what runs builds, in the order in which they are applied. */
export function jenkinsInstallation(values: PartValues): readonly KubeObject[] {
  return [...jenkinsCrds(), ...jenkinsRoles(), ...[...jenkinsFiles(values).values()].flat()];
}
