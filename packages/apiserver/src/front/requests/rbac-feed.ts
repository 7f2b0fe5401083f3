import { type Clock, deepEqual, type KubeObject, type Log, objectKey } from '@cartographer/machinery';

import type { Caller, Core, ResourceInfo } from '../../core-api.ts';
import { StatusError } from '../../status-error.ts';
import { bootstrapBindings, bootstrapRoles } from '../auth/bootstrap-roles.ts';
import { followResource } from '../auth/follow-resource.ts';
import { rulesOf } from '../auth/policy-rule.ts';
import type { RbacIndex } from '../auth/rbac-index.ts';
import { systemUser } from '../auth/user.ts';
import type { WriteObserver } from './object-requests.ts';

const GROUP = 'rbac.authorization.k8s.io';
const RESOURCES = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'];
const MAX_REMOVED = 10_000;

/** Who the server is when it writes its own objects. */
export function systemCaller(fieldManager: string): Caller {
  return { user: systemUser, fieldManager, warnings: [] };
}

/** What the feed stands on. */
type RbacFeedOptions = {
  readonly core: Core;
  readonly index: RbacIndex;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/** Keeps the RBAC index in step with the store. */
export interface RbacFeed {
  /** Tells the index of a write before its answer goes out: who is granted something can use it at once. */
  readonly observer: WriteObserver;
  /** Resolves when the feed has ended. */
  readonly ended: Promise<unknown>;
}

/**
 * Installs the bootstrap roles that are missing, reads all RBAC objects and follows them until the signal is
 * aborted. Rules of aggregated ClusterRoles are written back into them, as the controller of a real cluster does.
 */
export async function startRbacFeed({ core, index, clock, log, signal }: RbacFeedOptions): Promise<RbacFeed> {
  await installBootstrapRoles(core);
  const versions = createVersions();
  let following = false;
  const put = (object: KubeObject): void => {
    if (versions.isNews(object)) index.put(object);
  };
  const remove = (object: KubeObject): void => {
    if (versions.remove(object)) index.remove(object);
  };
  const refresh = async ({ kind }: KubeObject): Promise<void> => {
    if (following && kind === 'ClusterRole') await writeAggregatedRules(core, index);
  };
  const followers = await Promise.all(
    RESOURCES.flatMap((resource) => core.registry.find(GROUP, 'v1', resource) ?? []).map((info) =>
      followResource({
        core,
        info,
        clock,
        log,
        signal,
        onObject: (object) => {
          put(object);
          return refresh(object);
        },
        onGone: (object) => {
          remove(object);
          return refresh(object);
        },
      }),
    ),
  );
  following = true;
  await writeAggregatedRules(core, index);
  return {
    observer: {
      written: (info, object) => {
        if (info.group === GROUP) put(object);
      },
      removed: (info, object) => {
        if (info.group === GROUP) remove(object);
      },
    },
    ended: Promise.all(followers.map(({ ended }) => ended)),
  };
}

/**
 * Tells news from events that arrive after the answer of the write they are about. An object that was deleted and made
 * anew is another one, though it has the place of the first: the late event of that one's end is no news, either.
 */
function createVersions(): { isNews(object: KubeObject): boolean; remove(object: KubeObject): boolean } {
  const newest = new Map<string, { readonly uid: string; readonly version: number }>();
  const removed = new Set<string>();
  const placeOf = ({ kind, metadata }: KubeObject): string => `${kind} ${objectKey(metadata)}`;
  return {
    isNews(object) {
      const { uid = '', resourceVersion } = object.metadata;
      const version = Number(resourceVersion ?? 0);
      if (removed.has(uid) || version <= (newest.get(placeOf(object))?.version ?? 0)) return false;
      newest.set(placeOf(object), { uid, version });
      return true;
    },
    remove(object) {
      const { uid = '' } = object.metadata;
      if (removed.size >= MAX_REMOVED) removed.clear();
      removed.add(uid);
      return newest.get(placeOf(object))?.uid === uid && newest.delete(placeOf(object));
    },
  };
}

async function installBootstrapRoles(core: Core): Promise<void> {
  for (const [resource, objects] of [
    ['clusterroles', bootstrapRoles],
    ['clusterrolebindings', bootstrapBindings],
  ] as const) {
    const info = core.registry.find(GROUP, 'v1', resource);
    if (info === undefined) continue;
    for (const object of objects) await createMissing(core, info, object);
  }
}

async function createMissing(core: Core, info: ResourceInfo, object: KubeObject): Promise<void> {
  try {
    await core.create(info, undefined, object, {}, systemCaller('kube-apiserver'));
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.code !== 409) throw error;
  }
}

async function writeAggregatedRules(core: Core, index: RbacIndex): Promise<void> {
  const info = core.registry.find(GROUP, 'v1', 'clusterroles');
  if (info === undefined) return;
  for (const { name, rules } of Array.from(index.aggregatedRoles())) {
    try {
      const live = core.get(info, { name });
      if (deepEqual(rulesOf(live), rules)) continue;
      const body = JSON.parse(JSON.stringify({ ...live, rules })) as never;
      await core.update(info, { name }, body, {}, systemCaller('clusterrole-aggregation-controller'));
    } catch (error) {
      // It changed or went in the meantime: the event of that brings us back.
      if (!(error instanceof StatusError) || (error.status.code !== 404 && error.status.code !== 409)) throw error;
    }
  }
}
