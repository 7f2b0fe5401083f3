import type { ReasonOf, StepState } from '@cartographer/api';
import { getPath, isList, isObject, type Json, type KubeObject, objectKey } from '@cartographer/machinery';

/**
 * How far a step or an owner is. `ready`: its object is healthy and its outputs are there. `waiting`: not yet. `failed`:
 * somebody has to act. `refused`: a policy or a gate said no.
 */
type FlowState = Extract<StepState, 'ready' | 'waiting' | 'failed' | 'refused'>;

/** One step of an owner as a person sees it. */
export type Step = {
  readonly name: string;
  readonly state: FlowState;
  /** What it gives to the next ones, shortened. */
  readonly value: string;
  /** When this last changed, RFC 3339. */
  readonly since: string | undefined;
  /** Why it is not ready. */
  readonly message: string;
};

/** An owner with its steps. */
export type Flow = {
  readonly key: string;
  readonly blueprint: string | undefined;
  readonly state: FlowState;
  readonly message: string;
  readonly steps: readonly Step[];
};

const REFUSED: ReasonOf<'ResourceSubmitted'> = 'StepRefused';
/** Its message names the step that is waited for, and why. */
const HELD: ReasonOf<'ResourceSubmitted'> = 'WaitingForInput';

/** Reads from an owner's status how far it flowed. */
export function flowOf(owner: KubeObject): Flow {
  const status = owner['status'];
  const conditions = getPath(status, 'conditions');
  const ready = conditionOf(conditions, 'Ready');
  const resources = getPath(status, 'resources');
  return {
    key: objectKey(owner.metadata),
    blueprint: textOf(getPath(status, 'supplyChainRef', 'name')),
    state: stateOf(ready, conditionOf(conditions, 'ResourcesSubmitted')),
    message: ready?.message ?? 'not looked at yet',
    steps: isList(resources) ? waitingSteps(resources, resources.map(stepOf)) : [],
  };
}

/**
 * A step whose input is still to come cannot be stamped; that is no failure, it just waits for the step before it. Why that
 * one is held is told once, where it stands.
 */
function waitingSteps(resources: readonly Json[], steps: readonly Step[]): readonly Step[] {
  const lacking = new Set(
    steps.filter(({ value, state }) => value === '' && state !== 'ready').map(({ name }) => name),
  );
  return steps.map((step, index) => {
    const producers = listOf(getPath(resources[index] ?? null, 'inputs')).map((input) =>
      textOf(getPath(input, 'name')),
    );
    const awaited = producers.find((name) => name !== undefined && lacking.has(name));
    const isTold = conditionOf(getPath(resources[index] ?? null, 'conditions'), 'Ready')?.reason === HELD;
    if (isTold) return { ...step, message: step.message.split(': ', 1)[0] ?? '' };
    if (step.state === 'ready' || awaited === undefined) return step;
    return { ...step, state: 'waiting', message: `waits for ${awaited}` };
  });
}

/** What a person has to know of a source of advisories: that it cannot be read, or not all of it. */
export function noteOf(source: KubeObject): string | undefined {
  const message = conditionOf(getPath(source['status'], 'conditions'), 'Fetched')?.message ?? '';
  return message === '' ? undefined : message;
}

function stepOf(resource: Json): Step {
  const conditions = getPath(resource, 'conditions');
  const ready = conditionOf(conditions, 'Ready');
  const outputs = listOf(getPath(resource, 'outputs'));
  const times = outputs.flatMap((output) => textOf(getPath(output, 'lastTransitionTime')) ?? []);
  return {
    name: textOf(getPath(resource, 'name')) ?? '?',
    state: stateOf(ready, conditionOf(conditions, 'ResourceSubmitted')),
    value: outputs.map(previewOf).filter(Boolean).at(-1) ?? '',
    since: times.toSorted().at(-1) ?? ready?.since,
    message: ready?.message ?? '',
  };
}

const SHORT = 60;

/** The first line of an output's preview, its digest cut short. */
function previewOf(output: Json): string {
  const preview = (textOf(getPath(output, 'preview')) ?? '').trim();
  const line = preview
    .split('\n')
    .join(' ')
    .replace(/(sha\d+:[0-9a-f]{12})[0-9a-f]+/g, '$1');
  return line.length > SHORT ? `${line.slice(0, SHORT - 1)}…` : line;
}

type Told = {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly since: string | undefined;
};

function conditionOf(conditions: Json | undefined, type: string): Told | undefined {
  const found = listOf(conditions).find((condition) => getPath(condition, 'type') === type);
  if (!isObject(found)) return undefined;
  return {
    status: textOf(found['status']) ?? 'Unknown',
    reason: textOf(found['reason']) ?? '',
    message: textOf(found['message']) ?? '',
    since: textOf(found['lastTransitionTime']),
  };
}

/** By the condition `Ready`, and the one that says how far the stamping got. */
function stateOf(ready: Told | undefined, submitted: Told | undefined): FlowState {
  if (ready?.status === 'True') return 'ready';
  if (submitted?.reason === REFUSED) return 'refused';
  return ready?.status === 'False' ? 'failed' : 'waiting';
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
