import type { KubeObject } from '@cartographer/machinery';
import { textAt } from '@cartographer/machinery';
import { blueprintSteps } from '../graph/blueprint-steps.ts';
import type { PathNode } from '../graph/path.ts';
import { seenGraph } from '../graph/path-graph.ts';
import { statusSteps } from '../graph/status-steps.ts';
import type { Seen } from '../graph/step-verdicts.ts';
import { realizeAll } from '../plan/realize-all.ts';
import { SecretValues } from '../read/secret-values.ts';
import { accountOf } from '../report/stamping-account.ts';
import type { RunnableWorld, World } from '../world/world.ts';
import type { ExplainAids, Explained, ExplainNeeds, StepAccount } from './explained.ts';
import { findObject } from './find-object.ts';
import type { Passage } from './input-account.ts';
import { ownerAccount, stepOfOwner } from './owner-account.ts';
import { ReadingAsks } from './reading-asks.ts';
import { explainRunnable } from './runnable-account.ts';
import type { SelectionAccount } from './selection-account.ts';
import { explainSelection } from './selection-account.ts';
import { selectionAdvice } from './selection-advice.ts';
import type { StepDetails } from './step-account.ts';
import { NO_DETAILS, renderingOf, stepDetails } from './step-account.ts';
import { awaitsOf, notesOf, seenOf } from './step-advice.ts';

/**
 * The whole account of a Workload, Deliverable or Runnable: selection, and for each step its template, params, inputs, what it
 * renders, what is on the cluster, how the two differ, what is awaited, whose move it is and what to do. Pure; as a plan it
 * asks for what it lacks until it knows, and it never asks for a write. Objects with `managedFields` tell who holds what.
 */
export function explain(world: World | RunnableWorld, aids: ExplainAids = {}): Explained | ExplainNeeds {
  return 'kind' in world ? explainOwner(world, aids) : explainRunnable(world, aids);
}

function explainOwner(world: World, aids: ExplainAids): Explained | ExplainNeeds {
  const { owner, kind } = world;
  const asks = new ReadingAsks(world.cluster);
  const selection = explainSelection(kind, owner, world.blueprints);
  const blueprint = blueprintOf(world, selection);
  const details =
    blueprint === undefined ? new Map<string, StepDetails>() : detailsOf(world, { blueprint, asks, aids });
  if (asks.open) return { kind: 'needs', lookups: asks.lookups, renders: asks.renders };
  const seen = new Map<string, Seen>();
  for (const [name, found] of details) {
    const told = seenOf(found, statusSteps(owner).get(name)?.conditions ?? [], aids);
    if (told !== undefined) seen.set(name, told);
  }
  const graph = seenGraph(blueprint, owner, seen);
  const { nodes, edges: _edges, ...whole } = graph;
  const step = stepOfOwner(graph);
  const isSelection = step === undefined && whole.state !== 'ready' && SELECTION.has(whole.reason);
  return {
    kind: 'explained',
    owner: ownerAccount(owner),
    ...whole,
    ...(isSelection ? selectionAdvice(selection) : {}),
    step,
    selection,
    account: blueprint === undefined ? undefined : accountOf(owner, blueprint),
    selected: undefined,
    steps: nodes.map((node) => accountOfStep(node, details.get(node.step) ?? NO_DETAILS)),
  };
}

/** Reasons about which the account of the selection knows more than the data beside them. */
const SELECTION = new Set([
  'WorkloadLabelsMissing',
  'DeliverableLabelsMissing',
  'SupplyChainNotFound',
  'DeliveryNotFound',
  'MultipleSupplyChainMatches',
  'MultipleDeliveryMatches',
]);

function accountOfStep(node: PathNode, details: StepDetails): StepAccount {
  return { ...node, ...details, awaits: awaitsOf(node, details), notes: notesOf(node, details) };
}

/** The one that is chosen, else the one that the owner followed last. */
function blueprintOf({ owner, blueprints, kind }: World, { outcome, best }: SelectionAccount): KubeObject | undefined {
  const name = outcome === 'chosen' ? best[0] : textAt(owner['status'], kind.blueprintRef, 'name');
  return blueprints.find(({ metadata, spec }) => metadata.name === name && spec !== undefined);
}

type Means = { readonly blueprint: KubeObject; readonly asks: ReadingAsks; readonly aids: ExplainAids };

function detailsOf(world: World, { blueprint, asks, aids }: Means): ReadonlyMap<string, StepDetails> {
  const secrets = new SecretValues();
  const { pass, realized } = realizeAll(world, { asks, blueprint, secrets });
  if (asks.open) return new Map();
  const told = statusSteps(world.owner);
  const objects = realized.map((entry) =>
    findObject(asks, entry, renderingOf(pass, entry), told.get(entry.resource.name)),
  );
  if (asks.open) return new Map();
  const steps = new Map(blueprintSteps(blueprint).map((step) => [step.name, step]));
  const passage: Passage = { realized: new Map(realized.map((entry) => [entry.resource.name, entry])), steps, secrets };
  return new Map(
    realized.flatMap((entry, i) => {
      const step = steps.get(entry.resource.name);
      if (step === undefined) return [];
      return [[step.name, stepDetails({ pass, realized: entry, step, passage, found: objects[i], aids })] as const];
    }),
  );
}
