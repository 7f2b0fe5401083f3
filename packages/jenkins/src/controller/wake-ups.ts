import type { WrittenObjects } from '@cartographer/kube';
import { deepEqual, type KubeObject, objectKey } from '@cartographer/machinery';
import type { Controller } from '@cartographer/runtime';
import { isEnded } from './build-run.ts';
import { type JenkinsCaches, requestOf } from './jenkins-caches.ts';
import { serverKey } from './server-reconciler.ts';

/** Who is woken. */
export type Woken = {
  readonly caches: JenkinsCaches;
  readonly builds: Pick<Controller, 'enqueue'>;
  readonly servers: Pick<Controller, 'enqueue'>;
  readonly writtenBuilds: WrittenObjects;
};

/** Lets every change wake the builds that it can affect, and no others. A build that is over is not looked at again. */
export function wakeByChanges({ caches, builds, servers, writtenBuilds }: Woken): void {
  caches.builds.onEvent(({ type, object, initial }) => {
    const key = objectKey(object.metadata);
    if (type !== 'deleted' && writtenBuilds.isOwn(key, object)) return;
    builds.enqueue(key, initial ? 'background' : 'live');
    if (type === 'added' && !initial) wakeOlder(caches, builds, object);
  });
  for (const kind of ['JenkinsServer', 'ClusterJenkinsServer'] as const) {
    caches.servers(kind).onEvent(({ type, object, old, initial }) => {
      if (type === 'updated' && old !== undefined && essence(old) === essence(object)) return;
      servers.enqueue(serverKey(object), initial ? 'background' : 'live');
      wakeWhere(caches, builds, (build) => isOn(build, object));
    });
  }
  caches.namespaces.onEvent(({ object, old }) => {
    if (old !== undefined && deepEqual(old.metadata.labels ?? {}, object.metadata.labels ?? {})) return;
    wakeWhere(caches, builds, ({ metadata }) => metadata.namespace === object.metadata.name);
  });
}

/** A newer build may supersede those of the same owner. */
function wakeOlder(caches: JenkinsCaches, builds: Woken['builds'], object: KubeObject): void {
  for (const sibling of caches.siblings(object)) {
    if (sibling.metadata.uid !== object.metadata.uid && !isEnded(sibling)) builds.enqueue(objectKey(sibling.metadata));
  }
}

function wakeWhere(caches: JenkinsCaches, builds: Woken['builds'], isMeant: (build: KubeObject) => boolean): void {
  for (const build of caches.builds.list()) {
    if (!isEnded(build) && isMeant(build)) builds.enqueue(objectKey(build.metadata));
  }
}

function isOn(build: KubeObject, { kind, metadata }: KubeObject): boolean {
  const request = requestOf(build);
  if (request.kind === 'wrong') return false;
  const { serverRef } = request.value;
  const isNear = kind === 'ClusterJenkinsServer' || build.metadata.namespace === metadata.namespace;
  return serverRef.kind === kind && serverRef.name === metadata.name && isNear;
}

/** A change of what only we write is none. */
function essence({ metadata: { uid, generation, deletionTimestamp } }: KubeObject): string {
  return JSON.stringify([uid, generation, deletionTimestamp]);
}
