export { type IntentImagesOptions, type OpenedImages, openIntentImages } from './controller/open-images.ts';
export { type ConventionsOptions, type RunningConventions, startConventions } from './controller/start-conventions.ts';
export {
  CONVENTIONS_REPLICAS,
  conventionsFiles,
  conventionsInstallation,
} from './install/conventions-installation.ts';
export { conventionsRights, intentSecretsRights } from './install/conventions-rights.ts';
export { CONVENTIONS_NAMES } from './install/names.ts';
export type { ClusterPodConvention } from './kinds/cluster-pod-convention.ts';
export { CONVENTIONS_API_VERSION } from './kinds/group.ts';
export { conventionsCrds, conventionsKinds } from './kinds/kinds.ts';
export type { PodIntent, PodIntentStatus } from './kinds/pod-intent.ts';
export { INTENT_REASONS } from './kinds/reasons.ts';
export { conventionsRoles } from './kinds/roles.ts';
