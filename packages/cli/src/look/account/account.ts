import { carto, GROUP, LABELS, type LabelName } from '@cartographer/api';
import { type PathGraph, type PathNode, pathGraph } from '@cartographer/engine';
import type { Selection } from '@cartographer/kube';
import {
  type KubeObject,
  parseApiVersion,
  qualifiedResource,
  type ResourceType,
  textAt,
} from '@cartographer/machinery';
import type { OwnerKindName } from '../../frame/owner-name.ts';
import { stampedKind } from '../../read/templates.ts';
import { blueprintOf } from './blueprint-of.ts';
import type { Reader } from './reader.ts';
import { isRun, type RunRecord, runRecords } from './run-records.ts';
import { RUNTIME_PRINTERS, type RuntimePrinter } from './runtime-printers.ts';

/** An owner with all that a screen tells of it. */
export type OwnerAccount = {
  readonly owner: KubeObject;
  readonly graph: PathGraph;
  /** Deliverables that its steps made; without an object, what is named is not there or may not be read. */
  readonly deliveries: readonly Delivery[];
  /** Runs of each step that makes some, the newest first; of a Runnable under its own name. */
  readonly runs: ReadonlyMap<string, readonly RunRecord[]>;
  /** What runs, by kind; kinds of which there is nothing are left out. */
  readonly running: readonly Running[];
  /** What may not be read, as `pods`. */
  readonly unread: readonly string[];
};

/** See {@link OwnerAccount.deliveries}. */
type Delivery = { readonly name: string; readonly graph: PathGraph | undefined };

/** Objects of one kind that run something. */
export type Running = { readonly printer: RuntimePrinter; readonly objects: readonly KubeObject[] };

/** The label by which an owner's objects are found. */
export const NAME_LABELS: Readonly<Record<OwnerKindName, LabelName>> = {
  Workload: LABELS.workloadName,
  Deliverable: LABELS.deliverableName,
  Runnable: LABELS.runnableName,
};

/** Reads all that a screen tells of an owner. What may not be read is named and left out; what the server lacks is left out. */
export async function accountOf(reader: Reader, kind: OwnerKindName, owner: KubeObject): Promise<OwnerAccount> {
  const unread = new Set<string>();
  const namespace = owner.metadata.namespace ?? '';
  const reading: Reading = { reader, namespace, unread };
  const graph = pathGraph(await blueprintOf(reader, owner), owner);
  const [deliveries, runs] = await Promise.all([
    Promise.all(graph.nodes.filter(isDelivery).map((node) => deliveryOf(reading, node))),
    runsOf(reading, kind, owner, graph),
  ]);
  const selectors = [
    `${NAME_LABELS[kind]}=${owner.metadata.name ?? ''}`,
    ...deliveries.map(({ name }) => `${LABELS.deliverableName}=${name}`),
  ];
  const shown = new Set([...runs.values()].flat().map(({ uid }) => uid));
  const all = await runningObjects(
    reading,
    selectors.map((labelSelector) => ({ namespace, labelSelector })),
  );
  const running = all.flatMap(({ printer, objects }) => {
    const others = objects.filter(({ metadata }) => !shown.has(metadata.uid));
    return others.length === 0 ? [] : [{ printer, objects: others }];
  });
  return { owner, graph, deliveries, runs, running, unread: [...unread].toSorted() };
}

type Reading = { readonly reader: Reader; readonly namespace: string; readonly unread: Set<string> };

/** Whether a step's object is a Deliverable, which has a section of its own. */
export function isDelivery({ stamped }: PathNode): boolean {
  return stamped?.kind === 'Deliverable' && parseApiVersion(stamped.apiVersion).group === GROUP;
}

async function deliveryOf({ reader, namespace, unread }: Reading, { stamped }: PathNode): Promise<Delivery> {
  const name = stamped?.name ?? '';
  const found = await reader.get(carto.kinds.Deliverable, { namespace, name });
  if (found.kind === 'forbidden') unread.add(qualifiedResource(carto.kinds.Deliverable));
  if (found.kind !== 'found' || found.value === undefined) return { name, graph: undefined };
  return { name, graph: pathGraph(await blueprintOf(reader, found.value), found.value) };
}

async function runsOf(
  reading: Reading,
  kind: OwnerKindName,
  owner: KubeObject,
  { nodes }: PathGraph,
): Promise<ReadonlyMap<string, readonly RunRecord[]>> {
  const name = owner.metadata.name ?? '';
  if (kind === 'Runnable') {
    const runs = await runsOfRunnable(reading, owner);
    return new Map(runs.length === 0 ? [] : [[name, runs]]);
  }
  const found = await Promise.all(
    nodes.map(async (node) => [node.step, await runsOfStep(reading, node, `${NAME_LABELS[kind]}=${name}`)] as const),
  );
  return new Map(found.filter(([, runs]) => runs.length > 0));
}

async function runsOfStep(
  reading: Reading,
  { step, stamped }: PathNode,
  ownerLabel: string,
): Promise<readonly RunRecord[]> {
  if (stamped === undefined) return [];
  const { apiVersion, kind } = stamped;
  if (kind === 'Runnable' && parseApiVersion(apiVersion).group === GROUP) {
    const key = { namespace: reading.namespace, name: stamped.name };
    const runnable = await reading.reader.get(carto.kinds.Runnable, key);
    return runnable.kind === 'found' && runnable.value !== undefined ? runsOfRunnable(reading, runnable.value) : [];
  }
  return runsOfKind(reading, { apiVersion, kind }, `${ownerLabel},${LABELS.resourceName}=${step}`);
}

/** The kind of a Runnable's runs stands in its template. */
async function runsOfRunnable(reading: Reading, { metadata, spec }: KubeObject): Promise<readonly RunRecord[]> {
  const name = textAt(spec, 'runTemplateRef', 'name');
  const template = await reading.reader.get(carto.kinds.ClusterRunTemplate, { name });
  if (template.kind !== 'found') {
    if (template.kind === 'forbidden') reading.unread.add(qualifiedResource(carto.kinds.ClusterRunTemplate));
    return [];
  }
  const kind = template.value && stampedKind(template.value);
  return kind === undefined ? [] : runsOfKind(reading, kind, `${LABELS.runnableName}=${metadata.name ?? ''}`);
}

async function runsOfKind(
  { reader, namespace, unread }: Reading,
  kind: { readonly apiVersion: string; readonly kind: string },
  labelSelector: string,
): Promise<readonly RunRecord[]> {
  const type = await reader.typeOf(kind);
  if (type.kind !== 'found') return [];
  const found = await readable({ reader, unread }, type.value, { namespace, labelSelector });
  return runRecords(found.filter(isRun));
}

async function readable(
  { reader, unread }: Pick<Reading, 'reader' | 'unread'>,
  type: ResourceType,
  selection: Selection,
): Promise<readonly KubeObject[]> {
  const found = await reader.list(type, selection);
  if (found.kind === 'forbidden') unread.add(qualifiedResource(type));
  return found.kind === 'found' ? found.value : [];
}

/** What runs of all that is selected, each object once; kinds of which there is nothing are left out. */
export async function runningObjects(
  reading: Pick<Reading, 'reader' | 'unread'>,
  selections: readonly Selection[],
): Promise<readonly Running[]> {
  const all = await Promise.all(
    RUNTIME_PRINTERS.map(async (printer): Promise<Running> => {
      const type = await reading.reader.typeOf(printer);
      if (type.kind !== 'found') return { printer, objects: [] };
      const lists = await Promise.all(selections.map((selection) => readable(reading, type.value, selection)));
      const unique = new Map(lists.flat().map((object) => [object.metadata.uid, object]));
      return { printer, objects: [...unique.values()].toSorted(byName) };
    }),
  );
  return all.filter(({ objects }) => objects.length > 0);
}

function byName(left: KubeObject, right: KubeObject): number {
  return (left.metadata.name ?? '') < (right.metadata.name ?? '') ? -1 : 1;
}
