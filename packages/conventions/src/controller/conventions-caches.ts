import type { Read } from '@cartographer/api';
import { type Client, createInformer, type Informer, SERVICE_ACCOUNTS } from '@cartographer/kube';
import { type Clock, type KubeObject, type Log, listAt, memoByIdentity } from '@cartographer/machinery';
import { type Convention, conventionOf, type SelectableLabels } from '../chain/convention.ts';
import { conventionsKinds } from '../kinds/kinds.ts';
import { type IntentRequest, readIntent } from '../kinds/read.ts';

/** What is watched. */
export interface ConventionsCaches {
  readonly intents: Informer;
  readonly conventions: Informer;
  readonly accounts: Informer;
  all(): readonly (readonly [kind: string, informer: Informer])[];
  /** All of them, read; the same list until one of them changes. */
  registered(): readonly Convention[];
}

/** Each object is read once. */
export const requestOf = memoByIdentity<KubeObject, Read<IntentRequest>>(readIntent);

/** Makes the caches; they fill once their informers run. */
export function createConventionsCaches(deps: {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
}): ConventionsCaches {
  const intents = createInformer({ ...deps, type: conventionsKinds.PodIntent });
  const conventions = createInformer({ ...deps, type: conventionsKinds.ClusterPodConvention });
  const accounts = createInformer({ ...deps, type: SERVICE_ACCOUNTS, transform: slimAccount });
  let registered: readonly Convention[] | undefined;
  conventions.onEvent(() => void (registered = undefined));
  return {
    intents,
    conventions,
    accounts,
    all: () => [
      ['PodIntent', intents],
      ['ClusterPodConvention', conventions],
      ['ServiceAccount', accounts],
    ],
    registered: () => (registered ??= conventions.list().map(conventionOf)),
  };
}

/** What selectors read of an intent; of one that cannot be read, too. */
export function labelsOf(intent: KubeObject): SelectableLabels {
  const request = requestOf(intent);
  const template = request.kind === 'read' ? request.value.template.metadata?.labels : undefined;
  return { PodIntent: intent.metadata.labels ?? {}, PodTemplateSpec: template ?? {} };
}

function slimAccount({ apiVersion, kind, metadata, ...account }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion } = metadata;
  const imagePullSecrets = listAt({ ...account, metadata }, 'imagePullSecrets');
  return { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion }, imagePullSecrets };
}
