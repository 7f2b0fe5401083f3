import { carto, GROUP, type StepState, stepState } from '@cartographer/api';
import type { PathGraph, PathNode } from '@cartographer/engine';
import {
  type KubeObject,
  listAt,
  parseApiVersion,
  qualifiedResource,
  type ResourceType,
  textAt,
} from '@cartographer/machinery';
import { stampedKind } from '../../read/templates.ts';
import type { IfAllowed } from './if-allowed.ts';
import type { Reader } from './reader.ts';

/** An object below a step, with what it owns. */
export type TreeNode = {
  /** `deployment/shop`, or the step. */
  readonly name: string;
  /** By its condition Ready or Succeeded; undefined where it has neither. */
  readonly state: StepState | undefined;
  /** What is to be said instead of its children: that they may not be read. */
  readonly notes: readonly string[];
  readonly children: readonly TreeNode[];
};

type Kind = { readonly apiVersion: string; readonly kind: string };

const kindOf = (apiVersion: string, kind: string): Kind => ({ apiVersion, kind });
const POD = kindOf('v1', 'Pod');

/** Kinds whose objects those of a kind make, by `Kind.group`. Objects of other kinds are asked for pods alone. */
const MADE_BY: Readonly<Record<string, readonly Kind[]>> = {
  'Deployment.apps': [kindOf('apps/v1', 'ReplicaSet')],
  'CronJob.batch': [kindOf('batch/v1', 'Job')],
  'Service.serving.knative.dev': [
    kindOf('serving.knative.dev/v1', 'Configuration'),
    kindOf('serving.knative.dev/v1', 'Route'),
  ],
  'Configuration.serving.knative.dev': [kindOf('serving.knative.dev/v1', 'Revision')],
  'Revision.serving.knative.dev': [kindOf('apps/v1', 'Deployment')],
  'Route.serving.knative.dev': [],
  'Rollout.argoproj.io': [kindOf('apps/v1', 'ReplicaSet')],
  'PipelineRun.tekton.dev': [kindOf('tekton.dev/v1', 'TaskRun')],
  'Image.kpack.io': [kindOf('kpack.io/v1alpha2', 'Build')],
  'App.kappctrl.k14s.io': [],
  'GitRepository.source.toolkit.fluxcd.io': [],
  'OCIRepository.source.toolkit.fluxcd.io': [],
  'Kustomization.kustomize.toolkit.fluxcd.io': [],
  'ConfigMap.': [],
  'Secret.': [],
  'Pod.': [],
  [`Deliverable.${GROUP}`]: [],
};

/** A chain of owners that is longer than this is no chain that anybody made. */
const MOST_LEVELS = 8;

/** The objects of each step and what they own, by owner references; only kinds that can be there are read, each once. */
export async function treeOf(reader: Reader, namespace: string, { nodes }: PathGraph): Promise<readonly TreeNode[]> {
  const growing: Growing = { reader, namespace, lists: new Map() };
  return Promise.all(nodes.map((node) => stepNode(growing, node)));
}

type Growing = {
  readonly reader: Reader;
  readonly namespace: string;
  readonly lists: Map<string, Promise<{ readonly resource: string; readonly read: IfAllowed<readonly KubeObject[]> }>>;
};

async function stepNode(growing: Growing, { step, state, stamped }: PathNode): Promise<TreeNode> {
  if (stamped === undefined) return { name: step, state, notes: [], children: [] };
  const name = `${stamped.kind.toLowerCase()}/${stamped.name}`;
  const type = await growing.reader.typeOf(stamped);
  if (type.kind !== 'found') return withNote(step, state, `${name}: its kind is ${unreadText(type.kind)}`);
  const found = await growing.reader.get(type.value, {
    namespace: stamped.namespace ?? growing.namespace,
    name: stamped.name,
  });
  if (found.kind !== 'found') return withNote(step, state, `${name}: ${unreadText(found.kind)}`);
  if (found.value === undefined) return withNote(step, state, `${name}: not there`);
  const object = { ...found.value, kind: stamped.kind, apiVersion: stamped.apiVersion };
  return { name: step, state, notes: [], children: [await objectNode(growing, object, 1)] };
}

function withNote(name: string, state: StepState | undefined, note: string): TreeNode {
  return { name, state, notes: [note], children: [] };
}

function unreadText(kind: 'forbidden' | 'notServed'): string {
  return kind === 'forbidden' ? 'may not be read by you' : 'not served here';
}

async function objectNode(growing: Growing, object: KubeObject, level: number): Promise<TreeNode> {
  const kinds = level > MOST_LEVELS ? [] : await childKinds(growing, object);
  const answers = await Promise.all(kinds.map((kind) => ownedBy(growing, kind, object)));
  const children = answers.flatMap(({ objects }) => objects);
  return {
    name: `${object.kind.toLowerCase()}/${object.metadata.name ?? ''}`,
    state: stateOf(object),
    notes: answers.flatMap(({ note }) => note),
    children: await Promise.all(children.map((child) => objectNode(growing, child, level + 1))),
  };
}

async function childKinds({ reader }: Growing, { apiVersion, kind, spec }: KubeObject): Promise<readonly Kind[]> {
  const { group } = parseApiVersion(apiVersion);
  if (group === GROUP && kind === 'Runnable') {
    const template = await reader.get(carto.kinds.ClusterRunTemplate, { name: textAt(spec, 'runTemplateRef', 'name') });
    const run = template.kind === 'found' && template.value !== undefined ? stampedKind(template.value) : undefined;
    return run === undefined ? [] : [run];
  }
  const key = `${kind}.${group}`;
  return Object.hasOwn(MADE_BY, key) ? (MADE_BY[key] ?? []) : [POD];
}

async function ownedBy(
  growing: Growing,
  kind: Kind,
  owner: KubeObject,
): Promise<{ readonly objects: readonly KubeObject[]; readonly note: readonly string[] }> {
  const { resource, read } = await listOnce(growing, kind);
  if (read.kind === 'forbidden') return { objects: [], note: [`${resource}: ${unreadText('forbidden')}`] };
  if (read.kind === 'notServed') return { objects: [], note: [] };
  const { uid } = owner.metadata;
  const objects = read.value.filter(({ metadata }) => (metadata.ownerReferences ?? []).some((it) => it.uid === uid));
  return { objects, note: [] };
}

function listOnce({ reader, namespace, lists }: Growing, kind: Kind): ReturnType<typeof listKind> {
  const key = `${kind.kind}.${kind.apiVersion}`;
  const known = lists.get(key) ?? listKind(reader, namespace, kind);
  lists.set(key, known);
  return known;
}

async function listKind(
  reader: Reader,
  namespace: string,
  kind: Kind,
): Promise<{ readonly resource: string; readonly read: IfAllowed<readonly KubeObject[]> }> {
  const type: IfAllowed<ResourceType> = await reader.typeOf(kind);
  if (type.kind !== 'found') return { resource: kind.kind, read: type };
  return { resource: qualifiedResource(type.value), read: await reader.list(type.value, { namespace }) };
}

function stateOf({ status }: KubeObject): StepState | undefined {
  const conditions = listAt(status, 'conditions');
  const ends = ['Succeeded', 'Ready', 'Available', 'Complete'];
  const found = ends.flatMap((type) => conditions.filter((condition) => textAt(condition, 'type') === type)).at(0);
  return found === undefined
    ? undefined
    : stepState({ status: textAt(found, 'status'), reason: textAt(found, 'reason') });
}
