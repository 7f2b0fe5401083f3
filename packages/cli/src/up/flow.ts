import { getPath, isList, isObject, type Json, type KubeObject, objectKey } from '@cartographer/machinery';

/** One step of an owner as a person sees it. */
export type Step = {
  readonly name: string;
  /** `ready`: its object is healthy and its outputs are there. `waiting`: not yet. `failed`: somebody has to act. */
  readonly state: 'ready' | 'waiting' | 'failed';
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
  readonly state: 'ready' | 'waiting' | 'failed';
  readonly message: string;
  readonly steps: readonly Step[];
};

/** Reads from an owner's status how far it flowed. */
export function flowOf(owner: KubeObject): Flow {
  const status = owner['status'];
  const ready = conditionOf(getPath(status, 'conditions'), 'Ready');
  const resources = getPath(status, 'resources');
  return {
    key: objectKey(owner.metadata),
    blueprint: textOf(getPath(status, 'supplyChainRef', 'name')),
    state: stateOf(ready?.status),
    message: ready?.message ?? 'not looked at yet',
    steps: isList(resources) ? waitingSteps(resources, resources.map(stepOf)) : [],
  };
}

/** A step whose input is still to come cannot be stamped; that is no failure, it just waits for the step before it. */
function waitingSteps(resources: readonly Json[], steps: readonly Step[]): readonly Step[] {
  const lacking = new Set(
    steps.filter(({ value, state }) => value === '' && state !== 'ready').map(({ name }) => name),
  );
  return steps.map((step, index) => {
    const producers = listOf(getPath(resources[index] ?? null, 'inputs')).map((input) =>
      textOf(getPath(input, 'name')),
    );
    const awaited = producers.find((name) => name !== undefined && lacking.has(name));
    if (step.state === 'ready' || awaited === undefined) return step;
    return { ...step, state: 'waiting', message: `waits for ${awaited}` };
  });
}

function stepOf(resource: Json): Step {
  const ready = conditionOf(getPath(resource, 'conditions'), 'Ready');
  const outputs = listOf(getPath(resource, 'outputs'));
  const times = outputs.flatMap((output) => textOf(getPath(output, 'lastTransitionTime')) ?? []);
  return {
    name: textOf(getPath(resource, 'name')) ?? '?',
    state: stateOf(ready?.status),
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

type Told = { readonly status: string; readonly message: string; readonly since: string | undefined };

function conditionOf(conditions: Json | undefined, type: string): Told | undefined {
  const found = listOf(conditions).find((condition) => getPath(condition, 'type') === type);
  if (!isObject(found)) return undefined;
  return {
    status: textOf(found['status']) ?? 'Unknown',
    message: textOf(found['message']) ?? '',
    since: textOf(found['lastTransitionTime']),
  };
}

function stateOf(status: string | undefined): Step['state'] {
  if (status === 'True') return 'ready';
  return status === 'False' ? 'failed' : 'waiting';
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
