import { type PathGraph, pathGraph } from '@cartographer/engine';
import { CartoError, type KubeObject } from '@cartographer/machinery';
import { chooseStep, type OwnerName, ownerText } from '../frame/owner-name.ts';
import type { Session } from '../frame/session.ts';
import { ageText } from '../screen/ages.ts';
import { plainLine } from '../screen/text.ts';
import { blueprintOf } from './account/blueprint-of.ts';
import { readIfThere, readOwner } from './account/read-owner.ts';
import { createReader } from './account/reader.ts';
import { watchOwner } from './account/watch-owner.ts';
import { stepChanges } from './screen/step-changes.ts';
import { goalText, isObserved, isReached, type WaitGoal } from './wait-goal.ts';

/** How {@link waitFor} waits. */
export type WaitOptions = {
  readonly timeoutMs: number;
  /** What the controller says of an earlier generation does not count; by default the owner's own. */
  readonly generation?: number;
  /** Ends at the first failed or refused step, though choreography may still mend it. */
  readonly failFast?: boolean;
};

/**
 * Waits until an owner is ready at the generation that it has, telling of each step on standard error.
 * @throws CartoError `CARTO_WAIT_TIMEOUT`, `CARTO_ANSWER_NO` with `failFast`, `CARTO_NOT_FOUND` when it is not there or goes.
 */
export async function waitReady(session: Session, owner: OwnerName, options: WaitOptions): Promise<void> {
  await waitFor(session, owner, { kind: 'ready' }, options);
}

/** As {@link waitReady}, for any goal; gives the goal with its step in full. */
export async function waitFor(
  session: Session,
  owner: OwnerName,
  wanted: WaitGoal,
  options: WaitOptions,
): Promise<WaitGoal> {
  const first = wanted.kind === 'deleted' ? await readIfThere(session, owner) : await readOwner(session, owner);
  if (first === undefined) return wanted;
  const blueprint = await blueprintOf(createReader(session), first);
  const goal = withStep(wanted, pathGraph(blueprint, first));
  const name = ownerText(owner, session.namespace);
  const wait = beginWait({ ...options, session, name, goal, blueprint, uid: first.metadata.uid });
  const { clock, signal } = session;
  const over = new AbortController();
  const cancel = clock.schedule(options.timeoutMs, () => over.abort());
  try {
    await watchOwner(session, owner, AbortSignal.any([signal, over.signal]), wait.look);
  } finally {
    cancel();
  }
  signal.throwIfAborted();
  wait.end();
  return goal;
}

type WaitParts = WaitOptions & {
  readonly session: Session;
  readonly name: string;
  readonly goal: WaitGoal;
  readonly blueprint: KubeObject | undefined;
  readonly uid: string | undefined;
};

/** One wait: `look` takes in what the owner is now, and is true when nothing is left to wait for; `end` throws unless it was reached. */
function beginWait(parts: WaitParts): { look(owner: KubeObject | undefined): boolean; end(): void } {
  const { session, name, goal, blueprint, uid, timeoutMs, generation = 0, failFast = false } = parts;
  let last: { readonly owner: KubeObject; readonly graph: PathGraph } | undefined;
  let ended: 'reached' | 'failed' | 'gone' | undefined;

  const stateOf = (owner: KubeObject, graph: PathGraph): typeof ended => {
    if (isReached(goal, owner, graph, generation)) return 'reached';
    return failFast && goal.kind !== 'deleted' && isObserved(owner, generation) && isLost(graph) ? 'failed' : undefined;
  };
  const why = (): string => (last === undefined ? 'nothing was heard of it' : whyNot(goal, generation, last));
  return {
    look(owner) {
      if (owner === undefined || owner.metadata.uid !== uid) {
        ended = goal.kind === 'deleted' ? 'reached' : 'gone';
        return true;
      }
      const graph = pathGraph(blueprint, owner);
      if (goal.kind !== 'deleted') stepChanges(last?.graph, graph, session.style).forEach(session.say);
      last = { owner, graph };
      ended = stateOf(owner, graph);
      return ended !== undefined;
    },
    end() {
      switch (ended) {
        case 'reached':
          return;
        case 'gone':
          throw new CartoError('CARTO_NOT_FOUND', `${name} was deleted while it was waited for`);
        case 'failed':
          throw new CartoError('CARTO_ANSWER_NO', `${name} is not ${goalText(goal)}: ${why()}`);
        case undefined:
          throw new CartoError(
            'CARTO_WAIT_TIMEOUT',
            `${name} is not ${goalText(goal)} after ${ageText(timeoutMs)}: ${why()}`,
          );
      }
    },
  };
}

function whyNot(
  goal: WaitGoal,
  generation: number,
  { owner, graph }: { readonly owner: KubeObject; readonly graph: PathGraph },
): string {
  if (goal.kind === 'deleted') return finalizersText(owner);
  if (isObserved(owner, generation)) return heldText(graph);
  const seen = `the controller has not looked at generation ${owner.metadata.generation ?? 0} yet`;
  return `${seen}; does it run? "carto doctor" tells`;
}

function isLost({ state }: PathGraph): boolean {
  return state === 'failed' || state === 'refused';
}

/** What holds an owner, whose move it is and the next step, in one line. */
function heldText({ nodes, state, message, move, next }: PathGraph): string {
  const held = nodes.find((node) => node.message === message && node.state === state);
  const where = held === undefined ? state : `step "${held.step}" is ${state}`;
  const said = message === '' ? where : `${where}: ${plainLine(message)}`;
  return `${said}${move === 'nobody' ? '' : `; move: ${move}`}${next === undefined ? '' : `; next: ${next}`}`;
}

function finalizersText({ metadata }: KubeObject): string {
  if (metadata.deletionTimestamp === undefined) return 'nobody has asked for its deletion';
  const holders = [...(metadata.finalizers ?? [])];
  return holders.length === 0 ? 'it is being deleted' : `its finalizers hold it: ${holders.join(', ')}`;
}

/** The goal with its step as the owner has it; a step that no blueprint has would be waited for in vain. */
function withStep(goal: WaitGoal, { nodes }: PathGraph): WaitGoal {
  if ((goal.kind !== 'step' && goal.kind !== 'output') || nodes.length === 0) return goal;
  return {
    ...goal,
    step: chooseStep(
      goal.step,
      nodes.map(({ step }) => step),
    ),
  };
}
