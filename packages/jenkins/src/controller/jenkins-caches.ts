import type { Read } from '@cartographer/api';
import { type Client, createInformer, type Informer, NAMESPACES } from '@cartographer/kube';
import { type Clock, type KubeObject, type Log, memoByIdentity } from '@cartographer/machinery';
import { jenkinsKinds } from '../kinds/kinds.ts';
import { type BuildRequest, readBuild, readServer, type Server, type ServerKind } from '../kinds/read.ts';

/** Builds by the uid of the object that owns them. */
const BY_OWNER = 'owner';

/** What is watched. */
export interface JenkinsCaches {
  readonly builds: Informer;
  servers(kind: ServerKind): Informer;
  all(): readonly (readonly [kind: string, informer: Informer])[];
  namespaceLabels(namespace: string): Readonly<Record<string, string>>;
  /** Builds of the same controlling owner, that one among them. */
  siblings(build: KubeObject): readonly KubeObject[];
  readonly namespaces: Informer;
}

/** Each object is read once. */
export const requestOf = memoByIdentity<KubeObject, Read<BuildRequest>>(readBuild);
/** Each object is read once. */
export const serverOf = memoByIdentity<KubeObject, Read<Server>>(readServer);

/** Makes the caches; they fill once their informers run. */
export function createJenkinsCaches(deps: {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
}): JenkinsCaches {
  const builds = createInformer({
    ...deps,
    type: jenkinsKinds.JenkinsBuild,
    indexes: { [BY_OWNER]: (object) => [ownerUid(object)] },
  });
  const servers = {
    JenkinsServer: createInformer({ ...deps, type: jenkinsKinds.JenkinsServer }),
    ClusterJenkinsServer: createInformer({ ...deps, type: jenkinsKinds.ClusterJenkinsServer }),
  };
  const namespaces = createInformer({ ...deps, type: NAMESPACES, transform: slimNamespace });
  return {
    builds,
    namespaces,
    servers: (kind) => servers[kind],
    all: () => [['JenkinsBuild', builds], ...Object.entries(servers), ['Namespace', namespaces]],
    namespaceLabels: (namespace) => namespaces.get(namespace)?.metadata.labels ?? {},
    siblings: (build) => {
      const uid = ownerUid(build);
      return uid === '' ? [build] : builds.byIndex(BY_OWNER, uid);
    },
  };
}

function ownerUid({ metadata: { ownerReferences = [] } }: KubeObject): string {
  return ownerReferences.find(({ controller }) => controller === true)?.uid ?? '';
}

function slimNamespace({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, uid, resourceVersion, labels } = metadata;
  return { apiVersion, kind, metadata: { name, uid, resourceVersion, ...(labels === undefined ? {} : { labels }) } };
}
