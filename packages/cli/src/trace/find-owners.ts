import { carto, LABELS } from '@cartographer/api';
import { pathGraph } from '@cartographer/engine';
import { type KubeObject, objectKey, textAt } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import { NAME_LABELS, runningObjects } from '../look/account/account.ts';
import { ifAllowed } from '../look/account/if-allowed.ts';
import { pagesOf } from '../read/pages.ts';
import { counted } from '../read/some.ts';
import { isOfCommit } from './reached.ts';
import { digestsIn, imagesOf, isSameImage, repositoryOf } from './running-images.ts';
import type { Tracing } from './traced-owner.ts';

/** What carries an image or a commit, and where it was looked for. */
export type Found = {
  readonly owners: readonly { readonly kind: TracedKind; readonly owner: KubeObject }[];
  /** `outputs of 12 workloads and 3 deliverables`. */
  readonly searched: string;
};

/** Kinds that take part in a way from a commit to what runs. */
type TracedKind = 'Workload' | 'Deliverable';

const KINDS: readonly TracedKind[] = ['Workload', 'Deliverable'];

/** Where to look: one namespace, or all. */
export type Scope = { readonly namespace?: string };

/** Owners that hand a commit on, or that are pinned to it. */
export async function ownersOfCommit(session: Session, tracing: Tracing, scope: Scope, commit: string): Promise<Found> {
  return search(session, tracing, scope, (_, owner) => {
    const pinned = textAt(owner['spec'], 'source', 'git', 'ref', 'commit');
    if (pinned !== '' && isOfCommit(pinned, commit)) return true;
    return outputsOf(owner).some(({ name, preview }) => name === 'revision' && isOfCommit(preview, commit));
  });
}

/**
 * Owners that hand an image on, or of which something runs it. A tag is followed by the digests that nodes say it is there.
 */
export async function ownersOfImage(session: Session, tracing: Tracing, scope: Scope, image: string): Promise<Found> {
  const running = await runningObjects(
    tracing,
    [LABELS.workloadName, LABELS.deliverableName].map((labelSelector) => ({ ...scope, labelSelector })),
  );
  const objects = running.flatMap((kind) => kind.objects);
  const carriers = objects.filter((object) => imagesOf(object).some((name) => isSameImage(name, image)));
  const wanted = [
    image,
    ...carriers
      .flatMap(imagesOf)
      .filter((name) => repositoryOf(name) === repositoryOf(image))
      .flatMap(digestsIn),
  ];
  const labelled = new Set(carriers.flatMap(ownersNamedBy));
  const found = await search(session, tracing, scope, (kind, owner) => {
    if (labelled.has(`${kind} ${objectKey(owner.metadata)}`)) return true;
    return outputsOf(owner).some(({ preview }) => wanted.some((name) => isSameImage(preview.trim(), name)));
  });
  return { ...found, searched: `${found.searched}, and ${counted(objects.length, 'running object')}` };
}

function ownersNamedBy({ metadata }: KubeObject): readonly string[] {
  return KINDS.flatMap((kind) => {
    const name = metadata.labels?.[NAME_LABELS[kind]];
    return name === undefined ? [] : [`${kind} ${objectKey({ namespace: metadata.namespace, name })}`];
  });
}

function outputsOf(owner: KubeObject): readonly { readonly name: string; readonly preview: string }[] {
  return pathGraph(undefined, owner).nodes.flatMap(({ outputs }) => outputs);
}

/** Page by page, so that of thousands only those that fit are kept. */
async function search(
  { client, signal }: Session,
  { unread }: Tracing,
  scope: Scope,
  fits: (kind: TracedKind, owner: KubeObject) => boolean,
): Promise<Found> {
  const owners: { kind: TracedKind; owner: KubeObject }[] = [];
  const counts: string[] = [];
  for (const kind of KINDS) {
    let count = 0;
    const read = await ifAllowed(
      (async () => {
        for await (const page of pagesOf(client, carto.kinds[kind], { ...scope, signal })) {
          count += page.length;
          for (const owner of page) if (fits(kind, owner)) owners.push({ kind, owner });
        }
      })(),
    );
    if (read.kind === 'forbidden') unread.add(carto.kinds[kind].resource);
    else counts.push(counted(count, kind.toLowerCase()));
  }
  return { owners, searched: `the outputs of ${counts.join(' and ')}` };
}
