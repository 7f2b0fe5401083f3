import { carto } from '@cartographer/api';
import { type PathGraph, pathGraph } from '@cartographer/engine';
import { type Json, type KubeObject, qualifiedResource } from '@cartographer/machinery';
import type { OwnerKindName } from '../frame/owner-name.ts';
import { isDelivery, NAME_LABELS, runningObjects } from '../look/account/account.ts';
import { blueprintOf } from '../look/account/blueprint-of.ts';
import type { Reader } from '../look/account/reader.ts';
import { type Hop, hopsOf } from './hops.ts';
import { inputDigestsOf } from './made-from.ts';
import { digestsIn, imagesOf, plainest } from './running-images.ts';

/** An owner with the way from commits to what runs of it. */
export type TracedOwner = {
  readonly kind: OwnerKindName;
  readonly namespace: string;
  readonly name: string;
  readonly graph: PathGraph;
  readonly hops: readonly Hop[];
  readonly running: readonly RunningImage[];
  /** Deliverables that its steps made. */
  readonly delivers: readonly string[];
};

/** An image of an object that runs something of an owner. */
export type RunningImage = {
  /** `pod/shop-00001`. */
  readonly object: string;
  readonly image: string;
  /** The step that hands this image on now; undefined where none does: it is of an earlier commit, or of elsewhere. */
  readonly from: { readonly owner: string; readonly step: string } | undefined;
};

/** What was read for traces, and what could not be. */
export type Tracing = { readonly reader: Reader; readonly unread: Set<string> };

/** Follows an owner from its sources to what runs; `makers` made it, and may have made the images that it runs. */
async function traceOwner(
  tracing: Tracing,
  kind: OwnerKindName,
  owner: KubeObject,
  makers: readonly TracedOwner[],
): Promise<TracedOwner> {
  const { name = '', namespace = '' } = owner.metadata;
  const graph = pathGraph(await blueprintOf(tracing.reader, owner), owner);
  const labelSelector = `${NAME_LABELS[kind]}=${name}`;
  const [digests, running] = await Promise.all([
    stampedDigests(tracing, namespace, graph),
    runningObjects(tracing, [{ namespace, labelSelector }]),
  ]);
  const hops = hopsOf(graph, digests);
  const producers = [{ kind, name, hops }, ...makers];
  const images = running.flatMap(({ objects, printer }) =>
    objects.flatMap((object) =>
      plainest(imagesOf(object)).map((image): RunningImage => {
        const place = `${printer.kind.toLowerCase()}/${object.metadata.name ?? ''}`;
        return { object: place, image, from: producers.flatMap((maker) => producerOf(image, maker)).at(0) };
      }),
    ),
  );
  const delivers = graph.nodes.filter(isDelivery).flatMap(({ stamped }) => stamped?.name ?? []);
  return { kind, namespace, name, graph, hops, running: images, delivers };
}

/** The owner with the Deliverables that it made, as far as they are there. */
export async function traceWithDeliveries(
  tracing: Tracing,
  kind: OwnerKindName,
  owner: KubeObject,
): Promise<readonly TracedOwner[]> {
  const traced = await traceOwner(tracing, kind, owner, []);
  const made = await Promise.all(
    traced.delivers.map(async (name) => {
      const found = await tracing.reader.get(carto.kinds.Deliverable, { namespace: traced.namespace, name });
      if (found.kind === 'forbidden') tracing.unread.add(qualifiedResource(carto.kinds.Deliverable));
      return found.kind === 'found' && found.value !== undefined
        ? [await traceOwner(tracing, 'Deliverable', found.value, [traced])]
        : [];
    }),
  );
  return [traced, ...made.flat()];
}

async function stampedDigests(
  { reader, unread }: Tracing,
  namespace: string,
  { nodes }: PathGraph,
): Promise<ReadonlyMap<string, Json | undefined>> {
  const read = await Promise.all(
    nodes.map(async ({ step, stamped }) => {
      if (stamped === undefined) return [step, undefined] as const;
      const type = await reader.typeOf(stamped);
      if (type.kind !== 'found') return [step, undefined] as const;
      const found = await reader.get(type.value, { namespace: stamped.namespace ?? namespace, name: stamped.name });
      if (found.kind === 'forbidden') unread.add(qualifiedResource(type.value));
      const object = found.kind === 'found' ? found.value : undefined;
      return [step, object && inputDigestsOf(object)] as const;
    }),
  );
  return new Map(read);
}

function producerOf(
  image: string,
  { kind, name: owner, hops }: Pick<TracedOwner, 'kind' | 'name' | 'hops'>,
): readonly NonNullable<RunningImage['from']>[] {
  const digests = digestsIn(image);
  const isSame = (preview: string): boolean =>
    digestsIn(preview).some((digest) => digests.includes(digest)) || preview.trim() === image;
  return hops
    .filter(({ outputs }) => outputs.some(({ name, preview }) => name === 'image' && isSame(preview)))
    .map(({ step }) => ({ owner: `${kind.toLowerCase()}/${owner}`, step }));
}
