export {
  ApiError,
  errorOf,
  hasCause,
  isAlreadyExists,
  isAmbiguous,
  isConflict,
  isExpired,
  isForbidden,
  isInvalid,
  isNotFound,
  isStorageStarting,
  isTooManyRequests,
  isUnauthorized,
  TransportError,
} from './api-error.ts';
export type { TransportErrorCode } from './api-error.ts';
export { createClient, warningsOf } from './client.ts';
export type {
  ApplyOptions,
  Client,
  ClientOptions,
  DeleteOptions,
  ListOptions,
  ObjectKey,
  PatchOptions,
  Selection,
  ServiceAccountToken,
  WatchOptions,
  WriteOptions,
} from './client.ts';
export { bearer, staticCredentials } from './cluster-access.ts';
export type { ClusterAccess, Credential, CredentialSource } from './cluster-access.ts';
export { createEventRecorder } from './event-recorder.ts';
export type { EventRecorder, EventRecorderOptions } from './event-recorder.ts';
export { fenced } from './fenced-transport.ts';
export { createHttpTransport } from './http-transport.ts';
export type { HttpTransportOptions } from './connection-pools.ts';
export { inClusterAccess, isInCluster } from './in-cluster.ts';
export type { InClusterOptions } from './in-cluster.ts';
export { loadKubeconfig } from './kubeconfig.ts';
export type { KubeconfigOptions } from './kubeconfig.ts';
export { KubeconfigError } from './kubeconfig-error.ts';
export { createInProcessTransport } from './in-process-transport.ts';
export { createInformer, withoutManagedFields } from './informer.ts';
export type { Informer, InformerEvent, InformerOptions } from './informer.ts';
export type { Change } from './object-mirror.ts';
export type { IndexFunction } from './object-store.ts';
export { defaultReflectorBounds } from './reflector.ts';
export type { ReflectorBounds, ReflectorState } from './reflector.ts';
export { compareResourceVersions, isOlder } from './resource-version.ts';
export { createRestMapper, NoMatchError } from './rest-mapper.ts';
export type { RestMapper, RestMapperOptions } from './rest-mapper.ts';
export { apiVersionOf, groupVersionPath, resourcePath } from './resource-path.ts';
export type { ResourceKey } from './resource-path.ts';
export { createLeaderElector } from './leader-elector.ts';
export type { LeaderElector, LeaderElectorOptions, LeaseHolder } from './leader-elector.ts';
export { Secret } from './secret.ts';
export { systemClock } from './system-clock.ts';
export { createTokenCache, TokenError } from './token-cache.ts';
export type { ServiceAccountKey, TokenCache, TokenCacheOptions } from './token-cache.ts';
export { createTroubleLog } from './trouble.ts';
export type { Trouble, TroubleLog } from './trouble.ts';
