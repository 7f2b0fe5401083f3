import type { NextStep } from '@cartographer/api';
import { holdText } from '../report/hold-text.ts';
import type { PathEdge } from './path.ts';
import type { StatusStep } from './status-steps.ts';
import type { Judgement } from './step-judgement.ts';
import { compareStates, holdOf, isOfObject, judgeStep, mayLackInput } from './step-judgement.ts';
import { NOT_LOOKED_AT } from './told-condition.ts';

/** How far a step is by what its object says itself, which the status does not tell. */
export type Seen = Judgement & { readonly nextStep: NextStep };

/** How far a step is, seen together with those that it reads from. */
export type StepVerdict = Judgement & {
  readonly nextStep: NextStep | undefined;
  /** The step that has to move first; undefined where it is this one. */
  readonly waitsFor: string | undefined;
};

/**
 * Judges all steps, in the order of `names`. A step whose input is still to come is no failure: it waits for the nearest
 * step that has to move, the worst of them where there are several.
 */
export function stepVerdicts(
  names: readonly string[],
  told: ReadonlyMap<string, StatusStep>,
  edges: readonly PathEdge[],
  seen: ReadonlyMap<string, Seen> = new Map(),
): ReadonlyMap<string, StepVerdict> {
  const holds = new Map([...told].flatMap(([name, { conditions }]) => entryOf(name, holdOf(conditions))));
  const states = new Map([...holds.values()].map(({ step, state }) => [step, state]));
  const judge = (name: string): Own => {
    const judgement = judgeStep(told.get(name)?.conditions ?? [], states.get(name));
    const better = isOfObject(judgement) ? seen.get(name) : undefined;
    return better ?? { ...judgement, nextStep: undefined };
  };
  const own = new Map(names.map((name) => [name, judge(name)]));
  const lacking = lackingInputs(edges, (name) => handsOn(told.get(name), own.get(name)));
  const isOpen = (name: string): boolean => {
    const judgement = own.get(name);
    return judgement !== undefined && mayLackInput(judgement) && lacking.has(name);
  };
  const first = firstToMove(names, lacking, {
    isOpen,
    held: (name) => holds.get(name)?.step,
    compare: (left, right) => compareStates(own.get(left)?.state ?? 'ready', own.get(right)?.state ?? 'ready'),
  });
  return new Map([...own].map(([name, judgement]) => [name, verdictOf(name, judgement, { own, first, isOpen })]));
}

type Own = Judgement & { readonly nextStep: NextStep | undefined };

function entryOf<T>(name: string, value: T | undefined): readonly (readonly [string, T])[] {
  return value === undefined ? [] : [[name, value]];
}

function handsOn(step: StatusStep | undefined, judgement: Judgement | undefined): boolean {
  return (step?.outputs ?? []).length > 0 || judgement?.state === 'ready' || judgement?.state === 'skipped';
}

/** Of each step those that it reads from and that hand on nothing. */
function lackingInputs(
  edges: readonly PathEdge[],
  gives: (name: string) => boolean,
): ReadonlyMap<string, readonly string[]> {
  const lacking = new Map<string, string[]>();
  for (const { from, to } of edges) {
    if (!gives(from) && lacking.get(to)?.includes(from) !== true) push(lacking, to, from);
  }
  return lacking;
}

function push(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

type Ways = {
  /** Whether a step waits for its inputs. */
  readonly isOpen: (name: string) => boolean;
  /** The step that holds this one, by what it says itself. */
  readonly held: (name: string) => string | undefined;
  readonly compare: (left: string, right: string) => number;
};

/** Of each step the one that has to move first, itself included. Steps of a circle have none. */
function firstToMove(
  names: readonly string[],
  lacking: ReadonlyMap<string, readonly string[]>,
  { isOpen, held, compare }: Ways,
): ReadonlyMap<string, string> {
  const known = new Set(names);
  const first = new Map<string, string>();
  const waiting = names.filter(isOpen);
  const missing = new Map(waiting.map((name) => [name, lacking.get(name)?.length ?? 0]));
  const readers = new Map<string, string[]>();
  for (const name of waiting) for (const from of lacking.get(name) ?? []) push(readers, from, name);
  const queue = names.filter((name) => !missing.has(name));
  for (const name of queue) {
    const holder = held(name);
    const roots = (missing.has(name) ? (lacking.get(name) ?? []) : []).flatMap((from) => first.get(from) ?? []);
    first.set(name, roots.toSorted(compare)[0] ?? (holder !== undefined && known.has(holder) ? holder : name));
    for (const reader of readers.get(name) ?? []) {
      const left = (missing.get(reader) ?? 0) - 1;
      missing.set(reader, left);
      if (left === 0) queue.push(reader);
    }
  }
  return first;
}

type Scene = {
  readonly own: ReadonlyMap<string, Own>;
  readonly first: ReadonlyMap<string, string>;
  readonly isOpen: (name: string) => boolean;
};

function verdictOf(name: string, judgement: Own, { own, first, isOpen }: Scene): StepVerdict {
  const root = first.get(name);
  if (root === undefined || root === name) return { ...judgement, waitsFor: undefined };
  if (!isOpen(name)) return { ...judgement, waitsFor: root };
  const { state, condition } = own.get(root) ?? { state: 'waiting', condition: undefined };
  const message = holdText({ step: root, state }, condition?.message ?? NOT_LOOKED_AT);
  return {
    state: 'waiting',
    condition: {
      type: 'ResourceSubmitted',
      status: 'Unknown',
      reason: 'WaitingForInput',
      message,
      since: judgement.condition?.since,
    },
    waitsFor: root,
    nextStep: undefined,
  };
}
