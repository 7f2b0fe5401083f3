export {
  type Controller,
  type ControllerOptions,
  createController,
  done,
  type Next,
  type Reconcile,
} from './controller.ts';
export { type Check, type HealthOptions, serveHealth } from './health.ts';
export { createLog, type LogLevel } from './log.ts';
export { isLoopbackHost, MISDIRECTED } from './loopback-host.ts';
export { type Runnable, runInOrder } from './manager.ts';
export { type ControllerMetrics, createControllerMetrics } from './metrics.ts';
export { createRateLimiter, type RateLimiter, type RateLimiterOptions } from './rate-limiter.ts';
export { type Priority, type QueueObserver, WorkQueue } from './work-queue.ts';
