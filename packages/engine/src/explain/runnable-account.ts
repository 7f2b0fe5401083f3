import type { ClusterRunTemplate, Runnable } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { qualifiedResource } from '@cartographer/machinery';
import type { PathGraph, PathNode } from '../graph/path.ts';
import { pathGraph } from '../graph/path-graph.ts';
import { previewOf } from '../paths/digests.ts';
import { runLabels, selectObject, stampRun } from '../plan/plan-runnable.ts';
import { givesSecrets, REDACTED, SecretValues } from '../read/secret-values.ts';
import type { Stamping } from '../stand/stamped-object.ts';
import { stampDigestOf } from '../stand/stamped-object.ts';
import { newestFirst } from '../stand/stand-run.ts';
import { TEKTON_RULE } from '../world/template-kinds.ts';
import type { RunnableWorld } from '../world/world.ts';
import type { ExplainAids, Explained, ExplainNeeds, SelectedAccount, StepAccount } from './explained.ts';
import type { Found } from './live-account.ts';
import { liveAccount } from './live-account.ts';
import { ownerAccount } from './owner-account.ts';
import { readAccount } from './read-account.ts';
import { ReadingAsks } from './reading-asks.ts';
import { redactObject } from './redact-object.ts';
import { awaitsOf, notesOf } from './step-advice.ts';

/** What the one step of a Runnable is called. */
const RUN = 'run';

type Scene = {
  readonly runnable: Runnable;
  readonly template: ClusterRunTemplate | undefined;
  readonly stamping: Stamping | undefined;
  readonly found: Found | undefined;
  readonly secrets: SecretValues;
  readonly asks: ReadingAsks;
  readonly aids: ExplainAids;
};

/** The account of a Runnable: what it selects, what its template renders, its run, and the outputs. */
export function explainRunnable({ owner, cluster }: RunnableWorld, aids: ExplainAids): Explained | ExplainNeeds {
  const runnable = owner as Runnable;
  const asks = new ReadingAsks(cluster);
  const { name } = runnable.spec.runTemplateRef;
  const template = asks.template({ kind: 'ClusterRunTemplate', name }) as ClusterRunTemplate | undefined;
  const selection = selectObject(runnable, asks);
  const selected = selection.kind === 'selected' ? selection.object : undefined;
  const secrets = new SecretValues();
  if (selected !== undefined) secrets.addObject(selected);
  const canStamp = template !== undefined && selection.kind === 'selected';
  const stamping = canStamp ? stampRun(runnable, template, selected) : undefined;
  const found = stamping?.kind === 'stamped' ? findRun(asks, runnable, stamping.stamped) : undefined;
  if (asks.open) return { kind: 'needs', lookups: asks.lookups, renders: asks.renders };
  const graph = pathGraph(undefined, owner);
  const { nodes: _nodes, edges: _edges, ...whole } = graph;
  return {
    kind: 'explained',
    owner: ownerAccount(owner),
    ...whole,
    step: undefined,
    selection: undefined,
    account: { namespace: owner.metadata.namespace ?? '', name: runnable.spec.serviceAccountName || 'default' },
    selected: selectedAccount(runnable, selected, selection.kind === 'failed' ? selection.message : ''),
    steps: [runAccount(graph, { runnable, template, stamping, found, secrets, asks, aids })],
  };
}

function selectedAccount(
  { spec }: Runnable,
  object: KubeObject | undefined,
  message: string,
): SelectedAccount | undefined {
  if (spec.selector === undefined) return undefined;
  const { resource, matchingLabels } = spec.selector;
  const { apiVersion = '', kind = '' } = resource;
  return { apiVersion, kind, labels: matchingLabels, name: object?.metadata.name, message };
}

/** The run of what is rendered now, else the newest. */
function findRun(
  asks: ReadingAsks,
  runnable: KubeObject,
  { apiVersion, kind, digest, namespace }: Extract<Stamping, { kind: 'stamped' }>['stamped'],
): Found | undefined {
  const mapping = asks.mapping(apiVersion, kind);
  if (mapping?.kind !== 'mapped') return undefined;
  const { type } = mapping;
  const listed = asks.listed({ type, ...(type.namespaced ? { namespace } : {}), labels: runLabels(runnable) });
  if (listed === undefined) return undefined;
  if (listed.kind === 'failed') return { type, name: '', observation: listed };
  const runs = newestFirst(listed.objects);
  const run = runs.find((candidate) => stampDigestOf(candidate) === digest) ?? runs[0];
  if (run === undefined) return { type, name: '', observation: { kind: 'absent' } };
  return { type, name: run.metadata.name ?? '', observation: { kind: 'present', object: run } };
}

function runAccount(graph: PathGraph, scene: Scene): StepAccount {
  const { template, stamping, found, secrets, asks, aids } = scene;
  const run = found?.observation.kind === 'present' ? found.observation.object : undefined;
  const isSecret = run !== undefined && givesSecrets(run, asks.cluster);
  const desired = stamping?.kind === 'stamped' ? stamping.stamped.object : undefined;
  const isCurrent = run !== undefined && desired !== undefined && stampDigestOf(run) === stampDigestOf(desired);
  const details = {
    choice: [],
    params: [],
    inputs: [],
    rendered: renderedOf(scene),
    live: liveAccount(found, { rule: TEKTON_RULE, desired: isCurrent ? desired : undefined, secrets }),
    reads:
      run === undefined || found === undefined
        ? []
        : Object.entries(template?.spec.outputs ?? {}).map(([name, path]) =>
            readAccount(name, path, { object: run, schema: aids.schema?.(found.type), secrets, isSecret }),
          ),
  };
  const node = nodeOf(graph, scene, run);
  return { ...node, ...details, awaits: awaitsOf(node, details), notes: notesOf(node, details) };
}

function renderedOf({ template, stamping, secrets }: Scene): StepAccount['rendered'] {
  if (stamping === undefined) {
    return {
      kind: 'nothing',
      why: template === undefined ? 'there is no template' : 'the selector does not find one object',
    };
  }
  if (stamping.kind === 'faulty') return { kind: 'faulty', message: secrets.redact(stamping.message) };
  return { kind: 'rendered', object: redactObject(stamping.stamped.object, secrets) };
}

function nodeOf(
  { state, reason, message, since, move, next }: PathGraph,
  scene: Scene,
  run: KubeObject | undefined,
): PathNode {
  const { runnable, found, asks } = scene;
  const isSecret = run !== undefined && givesSecrets(run, asks.cluster);
  const outputs = Object.entries(runnable.status?.outputs ?? {});
  const stamped =
    run === undefined || found === undefined
      ? undefined
      : {
          apiVersion: run.apiVersion,
          kind: run.kind,
          namespace: run.metadata.namespace,
          name: run.metadata.name ?? '',
          resource: qualifiedResource(found.type),
        };
  return {
    step: RUN,
    state,
    template: { kind: 'ClusterRunTemplate', name: runnable.spec.runTemplateRef.name },
    options: [],
    stamped,
    outputs: outputs.map(([name, value]) => {
      const shown = previewOf(value);
      return { name, ...shown, ...(isSecret ? { preview: REDACTED } : {}), since: undefined };
    }),
    reason,
    message,
    since,
    move,
    next,
    healthy: undefined,
    ready: undefined,
    waitsFor: undefined,
  };
}
