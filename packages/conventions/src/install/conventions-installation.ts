import type { KubeObject } from '@cartographer/machinery';
import { type PartValues, type StandbyPart, standbyFiles } from '@cartographer/runtime';
import { conventionsCrds } from '../kinds/kinds.ts';
import { conventionsRoles } from '../kinds/roles.ts';
import { conventionsRights } from './conventions-rights.ts';
import { CONVENTIONS_LABELS, CONVENTIONS_NAMES } from './names.ts';

/** How many replicas there are unless an operator says otherwise: one leads, the other stands by. */
export const CONVENTIONS_REPLICAS = 2;
/** Calls in flight end, and the lease is given back: 10 s each at most. */
const STOP_SECONDS = 30;

const PART: StandbyPart = {
  name: CONVENTIONS_NAMES.conventions,
  labels: CONVENTIONS_LABELS,
  stopSeconds: STOP_SECONDS,
  command: 'conventions',
  metricsService: CONVENTIONS_NAMES.metricsService,
  rights: conventionsRights,
};

/** Everything that applies conventions in a cluster, by the file that it stands in, in the order in which it is applied. */
export function conventionsFiles(values: PartValues): ReadonlyMap<string, readonly KubeObject[]> {
  return standbyFiles(PART, values);
}

/** The kinds, the roles of those who use them, and what applies conventions, in the order in which they are applied. */
export function conventionsInstallation(values: PartValues): readonly KubeObject[] {
  return [...conventionsCrds(), ...conventionsRoles(), ...[...conventionsFiles(values).values()].flat()];
}
