import { join } from 'node:path';
import { type Client, WrittenObjects } from '@cartographer/kube';
import { deepEqual, type KubeObject } from '@cartographer/machinery';
import { done, type Next, type Reconcile } from '@cartographer/runtime';
import { diskTrouble } from '../disk-trouble.ts';
import type { EventsOf } from '../reasons/laptop-reasons.ts';
import {
  neededRevisions,
  newestReady,
  type Revision,
  readRevisions,
  withReady,
  withTemplate,
  writeRevisions,
} from './revisions.ts';
import { type AppTemplate, appTemplate, serviceStatus, serviceType } from './service.ts';
import type { RunningApps, ServiceApps } from './service-apps.ts';
import { nextServiceStatus, type ServiceOutcome, serviceEvents } from './service-status.ts';

const FIELD_MANAGER = 'cartographer-laptop';

/** What a Service reconciler reads from and writes to. */
export type ServiceDeps = {
  /** The cache of Services. */
  readonly services: { get(key: string): KubeObject | undefined };
  readonly client: Pick<Client, 'apply'>;
  readonly events: EventsOf<'Service'>;
  readonly apps: ServiceApps;
  readonly now: () => number;
};

/**
 * Keeps the newest revision of each Service running and reports it in the words of Knative. Processes live beside the
 * queue and wake it. Level-based: what should run follows from the object and from the revisions on disk.
 */
export function createServiceReconciler(deps: ServiceDeps): Reconcile {
  const written = new WrittenObjects();

  return async (key, { signal, log }) => {
    const object = written.newest(key, deps.services.get(key));
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      written.forget(key);
      await deps.apps.remove(key);
      return done;
    }
    const { outcome, next } = await settleOnDisk(deps, key, object);
    written.note(key, object, await report(deps, object, outcome, signal));
    log.debug({ state: outcome.state.kind, serving: outcome.serving }, 'service reconciled');
    return next;
  };
}

/** A disk that is full or read-only is told in the conditions, and tried again. */
async function settleOnDisk(
  deps: ServiceDeps,
  key: string,
  object: KubeObject,
): Promise<{ readonly outcome: ServiceOutcome; readonly next: Next }> {
  try {
    return { outcome: await settle(deps, key, object), next: done };
  } catch (error) {
    const message = diskTrouble(error, deps.apps.folder(key));
    if (message === undefined) throw error;
    const { url, latestReadyRevisionName: ready } = serviceStatus(object);
    const serving = deps.apps.running(key).serving?.name;
    return { outcome: { state: { kind: 'failed', message }, ready, serving, url }, next: { kind: 'retry' } };
  }
}

async function settle(deps: ServiceDeps, key: string, object: KubeObject): Promise<ServiceOutcome> {
  const { apps } = deps;
  const file = join(apps.folder(key), 'revisions.json');
  const uid = object.metadata.uid ?? '';
  const known = await readRevisions(file);
  // A Service that was deleted and made again meanwhile: nothing of the earlier one counts.
  if (known !== undefined && known.uid !== uid) await apps.remove(key);
  const before = known?.uid === uid ? known.revisions : [];
  const url = await apps.url(key);

  const read = appTemplate(object);
  if (read.kind === 'unsupported') {
    const serving = apps.running(key).serving?.name;
    return { state: { kind: 'failed', message: read.message }, ready: newestReady(before)?.name, serving, url };
  }
  const { template } = read;
  const named = before.find(({ name }) => name === template.revisionName);
  if (named !== undefined && named.template.digest !== template.digest) {
    const message = `there is a revision ${named.name} of another template already; change spec.template.metadata.name`;
    const serving = apps.running(key).serving?.name;
    return { state: { kind: 'failed', message }, ready: newestReady(before)?.name, serving, url };
  }
  const revisions = revisionsFor(object, before, template);
  const wanted = revisions.at(-1) as Revision;
  if (revisions !== before) await writeRevisions(file, { uid, revisions });
  steer(deps, key, wanted, newestReady(revisions));

  const running = apps.running(key);
  const isReady = running.serving?.name === wanted.name && running.serving.state.kind === 'answering';
  const after = neededRevisions(isReady ? withReady(revisions, wanted.name) : revisions);
  if (!deepEqual(after, revisions)) await writeRevisions(file, { uid, revisions: after });
  await apps.clean(key, new Set(after.map(({ name }) => name)));
  return {
    created: wanted.name,
    state: stateOf(wanted, running),
    ready: newestReady(after)?.name,
    serving: servingOf(running, after),
    url,
  };
}

function revisionsFor(object: KubeObject, known: readonly Revision[], template: AppTemplate): readonly Revision[] {
  const { name = '', generation = 0 } = object.metadata;
  return withTemplate(known, template, { name, generation, status: serviceStatus(object) });
}

/** What has to be done about the processes of a Service. */
type Move = 'startWanted' | 'startReady' | 'takeOver' | 'dismissNext';

/** Pure: brings what runs nearer to what is wanted. The newest revision that has answered serves until then. */
export function decideMoves(wanted: Revision, ready: Revision | undefined, running: RunningApps): readonly Move[] {
  const { serving, next } = running;
  if (serving?.name === wanted.name) return next === undefined ? [] : ['dismissNext'];
  const moves: Move[] = [];
  if (serving === undefined && ready !== undefined && ready.name !== wanted.name) moves.push('startReady');
  if (next?.name !== wanted.name) moves.push('startWanted');
  else if (next.state.kind === 'answering') moves.push('takeOver');
  return moves;
}

function steer({ apps }: ServiceDeps, key: string, wanted: Revision, ready: Revision | undefined): void {
  for (const move of decideMoves(wanted, ready, apps.running(key))) {
    switch (move) {
      case 'startReady':
        if (ready !== undefined) apps.start(key, ready, 'serving');
        break;
      case 'startWanted':
        apps.start(key, wanted, 'next');
        break;
      case 'takeOver':
        apps.takeOver(key);
        break;
      case 'dismissNext':
        apps.dismissNext(key);
        break;
    }
  }
}

function stateOf(wanted: Revision, { serving, next }: RunningApps): ServiceOutcome['state'] {
  const app = serving?.name === wanted.name ? serving : next;
  switch (app?.state.kind) {
    case 'answering':
      return { kind: 'ready' };
    case 'failing':
      return { kind: 'failed', message: app.state.message };
    case 'starting':
    case undefined:
      // It has answered before this process was started: no reason to doubt it, and none to write that twice.
      if (wanted.wasReady) return { kind: 'ready' };
      return app?.state.why === undefined ? { kind: 'deploying' } : { kind: 'deploying', message: app.state.why };
  }
}

function servingOf({ serving }: RunningApps, revisions: readonly Revision[]): string | undefined {
  return serving?.name ?? newestReady(revisions)?.name;
}

/** Writes the status, if it says anything new, and records events. Answers with the object as it is then. */
async function report(
  deps: ServiceDeps,
  object: KubeObject,
  outcome: ServiceOutcome,
  signal: AbortSignal,
): Promise<KubeObject> {
  const status = nextServiceStatus(object, outcome, deps.now());
  if (deepEqual(status, object['status'] ?? {})) return object;
  const { apiVersion, kind } = object;
  const { name, namespace } = object.metadata;
  const applied = { apiVersion, kind, metadata: { name, namespace }, status };
  const how = { fieldManager: FIELD_MANAGER, force: true, subresource: 'status', signal };
  const result = await deps.client.apply(serviceType, applied, how);
  for (const { type, reason, message } of serviceEvents(object, outcome))
    deps.events.event(object, type, reason, message);
  return result;
}
