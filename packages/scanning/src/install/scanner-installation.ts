import type { KubeObject } from '@cartographer/machinery';
import { scanningCrds } from '../kinds/kinds.ts';
import { scanningRoles } from '../kinds/roles.ts';
import {
  type ScannerValues,
  scannerDeployment,
  scannerDisruptionBudget,
  scannerMetricsService,
  scannerNetworkPolicy,
  scannerQuestionsService,
  scannerVolume,
} from './scanner-objects.ts';
import { scannerRights } from './scanner-rights.ts';

/** How much room the store has unless an operator says otherwise. */
export const STORE_SIZE = '10Gi';

/** Everything that runs the scanner in a cluster, by the file that it stands in, in the order in which it is applied. */
export function scannerFiles(values: ScannerValues): ReadonlyMap<string, readonly KubeObject[]> {
  const { namespace, store } = values;
  return new Map<string, readonly KubeObject[]>([
    ['rbac', scannerRights(namespace)],
    ['services', [scannerMetricsService(namespace), scannerQuestionsService(namespace)]],
    ['network-policy', [scannerNetworkPolicy(namespace)]],
    ...(store.kind === 'volume'
      ? [['storage', [scannerVolume(namespace, store.size)]] as const]
      : [['disruption-budget', [scannerDisruptionBudget(namespace)]] as const]),
    ['deployment', [scannerDeployment(values)]],
  ]);
}

/** The kinds of scanning, the roles of those who use them, and the scanner, in the order in which they are applied. */
export function scannerInstallation(values: ScannerValues): readonly KubeObject[] {
  return [...scanningCrds(), ...scanningRoles(), ...[...scannerFiles(values).values()].flat()];
}
