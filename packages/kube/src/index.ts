export type { InClusterOptions } from './access/in-cluster.ts';
export { inClusterAccess, isInCluster } from './access/in-cluster.ts';
export type { KubeconfigOptions } from './access/kubeconfig.ts';
export { kubeconfigContexts, loadKubeconfig } from './access/kubeconfig.ts';
export { KubeconfigError } from './access/kubeconfig-error.ts';
export type { ServiceAccountKey, TokenCache, TokenCacheOptions } from './access/token-cache.ts';
export { createTokenCache, TokenError } from './access/token-cache.ts';
export type { Informer, InformerEvent, InformerOptions } from './cache/informer.ts';
export { createInformer, withoutManagedFields } from './cache/informer.ts';
export type { Change } from './cache/object-mirror.ts';
export type { IndexFunction } from './cache/object-store.ts';
export type { ReflectorBounds, ReflectorState } from './cache/reflector.ts';
export { defaultReflectorBounds } from './cache/reflector.ts';
export { WrittenObjects } from './cache/written-objects.ts';
export type {
  Client,
  ClientOptions,
  ListOptions,
  Selection,
  ServiceAccountToken,
  WatchOptions,
} from './client/client.ts';
export { createClient } from './client/client.ts';
export { CONFIG_MAPS, EVENTS, NAMESPACES, PODS, SECRETS, SERVICE_ACCOUNTS } from './client/core-types.ts';
export type { EventRecorder, EventRecorderOptions } from './client/event-recorder.ts';
export { createEventRecorder } from './client/event-recorder.ts';
export { getIfThere } from './client/get-if-there.ts';
export { type ReadObject, replaceManagedFields } from './client/replace-managed-fields.ts';
export type { ObjectKey, ResourceKey } from './client/resource-path.ts';
export { apiVersionOf, groupVersionPath, resourcePath } from './client/resource-path.ts';
export type { RestMapper, RestMapperOptions } from './client/rest-mapper.ts';
export { createRestMapper, NoMatchError } from './client/rest-mapper.ts';
export type { ApplyOptions, DeleteOptions, PatchOptions, ServerAnswer, WriteOptions } from './client/writes.ts';
export { fenced } from './lease/fenced-transport.ts';
export type { LeaderElector, LeaderElectorOptions, LeaseHolder } from './lease/leader-elector.ts';
export { createLeaderElector } from './lease/leader-elector.ts';
export { durationOf, holderOf, LEASES, leaseSpecOf } from './lease/lease.ts';
export type { TransportErrorCode } from './transport/api-error.ts';
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
} from './transport/api-error.ts';
export type { ClusterAccess, Credential, CredentialSource } from './transport/cluster-access.ts';
export { bearer, staticCredentials } from './transport/cluster-access.ts';
export type { HttpTransportOptions } from './transport/connection-pools.ts';
export { createDeadline } from './transport/deadline.ts';
export { createHttpTransport } from './transport/http-transport.ts';
export { createInProcessTransport } from './transport/in-process-transport.ts';
export type { PodPort } from './transport/port-forward.ts';
export { forwardPort } from './transport/port-forward.ts';
export { systemClock } from './transport/system-clock.ts';
export type { Trouble, TroubleLog } from './transport/trouble.ts';
export { createTroubleLog } from './transport/trouble.ts';
