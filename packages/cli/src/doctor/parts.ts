import { crds } from '@cartographer/api';
import { controllerRights, INSTALL_NAMES } from '@cartographer/controller';
import { CONVENTIONS_NAMES, conventionsCrds, conventionsRights } from '@cartographer/conventions';
import { JENKINS_NAMES, jenkinsCrds, jenkinsRights } from '@cartographer/jenkins';
import type { KubeObject } from '@cartographer/machinery';
import { SCANNER_NAMES, scannerRights, scanningCrds } from '@cartographer/scanning';

/** A part of Cartographer as it stands in a cluster. */
export type Part = {
  readonly name: 'controller' | 'scanner' | 'jenkins' | 'conventions';
  /** Of its Deployment and of its service account. */
  readonly deployment: string;
  readonly lease: string;
  readonly definitions: readonly KubeObject[];
  /** Its account with its roles, in a namespace. */
  rights(namespace: string): readonly KubeObject[];
};

/** What can be installed; the controller is first, and there wherever Cartographer is. */
export const PARTS = [
  {
    name: 'controller',
    deployment: INSTALL_NAMES.controller,
    lease: INSTALL_NAMES.lease,
    definitions: crds(),
    rights: controllerRights,
  },
  {
    name: 'scanner',
    deployment: SCANNER_NAMES.scanner,
    lease: SCANNER_NAMES.lease,
    definitions: scanningCrds(),
    rights: scannerRights,
  },
  {
    name: 'jenkins',
    deployment: JENKINS_NAMES.jenkins,
    lease: JENKINS_NAMES.lease,
    definitions: jenkinsCrds(),
    rights: jenkinsRights,
  },
  {
    name: 'conventions',
    deployment: CONVENTIONS_NAMES.conventions,
    lease: CONVENTIONS_NAMES.lease,
    definitions: conventionsCrds(),
    rights: conventionsRights,
  },
] as const satisfies readonly Part[];
