import { crds } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import {
  controllerDeployment,
  disruptionBudget,
  metricsService,
  networkPolicy,
  systemNamespace,
} from './controller-objects.ts';
import type { InstallValues } from './install-values.ts';
import { INSTALL_NAMES } from './names.ts';
import { controllerRights, userRoles } from './rights.ts';
import { webhookConfiguration, webhookService } from './webhook-objects.ts';

/** The values of `deploy/`, for a version. */
export function defaultInstallValues(version: string): InstallValues {
  return { namespace: INSTALL_NAMES.namespace, image: `cartographer-controller:${version}`, version, replicas: 2 };
}

/** Everything that runs the controller in a cluster, by the file that it stands in, in the order in which it is applied. */
export function installationFiles(values: InstallValues): ReadonlyMap<string, readonly KubeObject[]> {
  const { namespace } = values;
  return new Map([
    ['namespace', [systemNamespace(namespace)]],
    ['rbac', [...controllerRights(namespace), ...userRoles()]],
    ['services', [metricsService(namespace), webhookService(namespace)]],
    ['network-policy', [networkPolicy(namespace)]],
    ['disruption-budget', [disruptionBudget(namespace)]],
    ['deployment', [controllerDeployment(values)]],
    ['webhook-configuration', [webhookConfiguration(namespace)]],
  ]);
}

/** A whole installation in the order in which it has to be applied: definitions of kinds first, webhooks last. */
export function installation(values: InstallValues): readonly KubeObject[] {
  const [namespace = [], ...rest] = installationFiles(values).values();
  return [...namespace, ...crds(), ...rest.flat()];
}
