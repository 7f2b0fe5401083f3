export { candidacy } from './candidacy.ts';
export {
  type Controller,
  type ControllerOptions,
  createController,
  done,
  type Next,
  type Reconcile,
} from './controller.ts';
export { type Check, type HealthOptions, serveHealth } from './health.ts';
export {
  createHttpsServer,
  type HttpsServer,
  type HttpsServerOptions,
  type KeyPair,
  sendText,
} from './https-server.ts';
export { createLog, type LogLevel } from './log.ts';
export { isLoopbackHost, MISDIRECTED } from './loopback-host.ts';
export { type Runnable, runInOrder } from './manager.ts';
export { type ControllerMetrics, createControllerMetrics, type NamedGauge, type Sample } from './metrics.ts';
export { NamespaceWatches } from './namespace-watches.ts';
export { type PartTroubles } from './part-troubles.ts';
export {
  type DeployedProcess,
  METRICS_PORT,
  processDeployment,
  processDisruptionBudget,
  processMetricsService,
  processNetworkPolicy,
} from './process-deployment.ts';
export { processBinding, processRole } from './process-rights.ts';
export {
  createPullSecretReader,
  type FoundPullSecrets,
  type PullSecretReader,
  type PullSecretsOf,
} from './pull-secrets.ts';
export { createRateLimiter, type RateLimiter, type RateLimiterOptions } from './rate-limiter.ts';
export { type PartValues, type StandbyPart, standbyFiles } from './standby-files.ts';
export { controllerParts, informerParts, type RunningParts, startParts, type WatchedCaches } from './start-parts.ts';
export { watchClock } from './watch-clock.ts';
export { type Priority, type QueueObserver, WorkQueue } from './work-queue.ts';
