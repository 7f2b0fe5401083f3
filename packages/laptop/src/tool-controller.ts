import type { Informer, InformerEvent } from '@cartographer/kube';
import { type Clock, deepEqual, type KubeObject, type Log, objectKey } from '@cartographer/machinery';
import { type Controller, createController, createRateLimiter, type Reconcile } from '@cartographer/runtime';

const FIRST_RETRY_MS = 500;
/** What fails is tried again once a minute at least: this is a laptop, someone is waiting. */
const LAST_RETRY_MS = 60_000;
const CONCURRENCY = 4;

/** What {@link createToolController} needs. */
export type ToolControllerOptions = {
  readonly name: string;
  /** The objects of the kind; each that changes in its essence is reconciled. */
  readonly informer: Informer;
  /** What of an object can change the outcome. A change of the status is our own: it must not be in there. */
  readonly essence: (object: KubeObject) => unknown;
  readonly reconcile: Reconcile;
  readonly firstRetryMs?: number;
  readonly clock: Clock;
  readonly log: Log;
};

/** Makes the controller of a tool's kind, fed by its informer. */
export function createToolController(options: ToolControllerOptions): Controller {
  const { name, informer, essence, reconcile, firstRetryMs = FIRST_RETRY_MS, clock, log } = options;
  const rateLimiter = createRateLimiter({ clock, baseMs: firstRetryMs, maxMs: LAST_RETRY_MS });
  const controller = createController({ name, concurrency: CONCURRENCY, clock, log, rateLimiter, reconcile });
  const isNews = ({ type, object, old }: InformerEvent): boolean =>
    type !== 'updated' || old === undefined || !deepEqual(essence(object), essence(old));
  informer.onEvent((event) => {
    if (isNews(event)) controller.enqueue(objectKey(event.object.metadata));
  });
  return controller;
}
