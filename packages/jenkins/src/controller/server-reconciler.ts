import { type Client, type WrittenObjects } from '@cartographer/kube';
import type { Clock } from '@cartographer/machinery';
import { type Condition, deepEqual, type KubeObject, rfc3339, setCondition } from '@cartographer/machinery';
import { done, type Next, type Reconcile } from '@cartographer/runtime';
import type { ServerDesks } from '../desk/server-desks.ts';
import type { JenkinsServerStatus } from '../kinds/jenkins-server.ts';
import { jenkinsKinds } from '../kinds/kinds.ts';
import type { ServerKind } from '../kinds/read.ts';
import type { SERVER_REASONS } from '../kinds/reasons.ts';
import { type JenkinsCaches, serverOf } from './jenkins-caches.ts';

/** What servers are looked after with. */
export type ServerDeps = {
  readonly caches: JenkinsCaches;
  readonly client: Pick<Client, 'updateStatus'>;
  readonly desks: ServerDesks;
  readonly written: WrittenObjects;
  readonly clock: Clock;
};

type Reachable = {
  readonly status: Condition['status'];
  readonly reason: keyof (typeof SERVER_REASONS)['Reachable'];
  readonly message: string;
  readonly version?: string;
};

/** Says of a server whether it answers: asked when it is new or changed, and told by what its builds ask. */
export function createServerReconciler(deps: ServerDeps): Reconcile {
  return async (key, { signal }) => {
    const { kind, place } = splitServerKey(key);
    const object = deps.written.newest(key, deps.caches.servers(kind).get(place));
    if (object === undefined) {
      deps.written.forget(key);
      await deps.desks.forget(key);
      return done;
    }
    const read = serverOf(object);
    if (read.kind === 'wrong') {
      await report(
        deps,
        { key, kind, object },
        { status: 'False', reason: 'SpecInvalid', message: read.errors.join('; ') },
        signal,
      );
      return done;
    }
    const answer = await deps.desks.of(key, read.value).reach(signal);
    if (answer.kind === 'ok') {
      await report(
        deps,
        { key, kind, object },
        { status: 'True', reason: 'Reachable', message: '', version: answer.value },
        signal,
      );
      return done;
    }
    const { reason, message } = answer;
    await report(
      deps,
      { key, kind, object },
      { status: reason === 'ServerUnavailable' ? 'Unknown' : 'False', reason, message },
      signal,
    );
    const retry: Next = { kind: 'retry', ...(answer.afterMs === undefined ? {} : { atLeastMs: answer.afterMs }) };
    return retry;
  };
}

/** The key of a server in queues and among desks. */
export function serverKey({ kind, metadata: { namespace, name } }: KubeObject): string {
  return namespace === undefined ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

function splitServerKey(key: string): { readonly kind: ServerKind; readonly place: string } {
  const at = key.indexOf('/');
  return {
    kind: key.slice(0, at) === 'JenkinsServer' ? 'JenkinsServer' : 'ClusterJenkinsServer',
    place: key.slice(at + 1),
  };
}

async function report(
  { client, written, clock }: ServerDeps,
  { key, kind, object }: { readonly key: string; readonly kind: ServerKind; readonly object: KubeObject },
  { version, ...said }: Reachable,
  signal: AbortSignal,
): Promise<void> {
  const before = (object['status'] ?? {}) as JenkinsServerStatus;
  const { generation: observedGeneration = 0 } = object.metadata;
  const lastTransitionTime = rfc3339(clock.now());
  const conditions = ['Reachable', 'Ready'].reduce<readonly Condition[]>(
    (list, type) => setCondition(list, { type, ...said, lastTransitionTime, observedGeneration }),
    before.conditions ?? [],
  );
  const status = { ...before, observedGeneration, ...(version === undefined ? {} : { version }), conditions };
  if (deepEqual(status, before)) return;
  written.note(key, object, await client.updateStatus(jenkinsKinds[kind], { ...object, status }, { signal }));
}
