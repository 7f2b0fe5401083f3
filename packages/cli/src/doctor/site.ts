import { getIfThere } from '@cartographer/kube';
import { allEnded, getPath, type KubeObject, listAt, type ResourceType, textAt } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import { type Looked, look } from './look.ts';
import { PARTS, type Part } from './parts.ts';

/** A definition as this program has it, and as the server has it. */
export type DefinitionPair = { readonly ours: KubeObject; readonly live: KubeObject | undefined };

/** A part of Cartographer as it was found. */
export type FoundPart = Part & {
  readonly pairs: Looked<readonly DefinitionPair[]>;
  readonly live: Looked<KubeObject | undefined>;
};

const CRDS: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  namespaced: false,
};
const DEPLOYMENTS: ResourceType = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  namespaced: true,
};

/** Looks which parts are installed. */
export function surveyParts(session: Session, namespace: string): Promise<readonly FoundPart[]> {
  const { client, signal } = session;
  return allEnded(
    PARTS.map(async (part: Part): Promise<FoundPart> => {
      const [pairs, live] = await allEnded<Looked<unknown>>([
        look(session, () =>
          allEnded(
            part.definitions.map(async (ours) => {
              const key = { name: ours.metadata.name ?? '' };
              return { ours, live: await getIfThere(client, CRDS, key, { signal }) };
            }),
          ),
        ),
        look(session, () => getIfThere(client, DEPLOYMENTS, { namespace, name: part.deployment }, { signal })),
      ]);
      return { ...part, pairs, live } as FoundPart;
    }),
  );
}

/** Whether anything of a part is there; a part that could not be looked at may be. */
export function isThere({ pairs, live }: FoundPart): boolean {
  if (live.kind === 'seen' && live.value !== undefined) return true;
  return pairs.kind === 'unseen' || pairs.value.some((pair) => pair.live !== undefined);
}

/** The Deployment of a part, where it was seen. */
export function deploymentOf({ live }: FoundPart): KubeObject | undefined {
  return live.kind === 'seen' ? live.value : undefined;
}

/** Why it is not known what runs, in a line; empty where it is. */
export function unseenParts(parts: readonly FoundPart[]): readonly string[] {
  const unseen = parts.filter(isThere).flatMap(({ live }) => (live.kind === 'unseen' ? [live.why] : []));
  return unseen.length === 0 ? [] : [`what runs: ${unseen[0] ?? ''}`];
}

/** The image that a Deployment runs, and the version that its labels and its tag tell. */
export function releaseOf(deployment: KubeObject): { readonly image: string; readonly version: string | undefined } {
  const [container] = listAt(deployment, 'spec', 'template', 'spec', 'containers');
  const image = textAt(container, 'image');
  const { labels = {} } = deployment.metadata;
  const tag = /:v?(?<version>\d+\.\d+\.\d+[^:@/]*)(?:@|$)/.exec(image)?.groups?.['version'];
  return { image, version: tag ?? labels['app.kubernetes.io/version'] };
}

/** How many pods a Deployment wants, and how many are ready. */
export function readiness(deployment: KubeObject): { readonly ready: number; readonly wanted: number } {
  const numberAt = (...keys: readonly string[]): number | undefined => {
    const found = getPath(deployment, ...keys);
    return typeof found === 'number' ? found : undefined;
  };
  return { ready: numberAt('status', 'readyReplicas') ?? 0, wanted: numberAt('spec', 'replicas') ?? 1 };
}
