import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject, KubeObject } from '@cartographer/machinery';
import { parse } from 'yaml';

/** Names an object in a step; its namespace is the scenario's. */
export type Target = { readonly apiVersion: string; readonly kind: string; readonly name: string };

/** One thing that is done to the cluster. */
export type Step =
  | { readonly apply: readonly KubeObject[] }
  | { readonly patch: Target & { readonly merge: JsonObject } }
  | { readonly patchStatus: Target & { readonly status: Json } }
  | { readonly delete: Target }
  | { readonly wait: number };

/** An event as the recordings have it. */
export type RecordedEvent = {
  readonly about: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count?: number | '<n>';
  readonly source?: { readonly component?: string };
  readonly reportingComponent?: string;
  /** Some recordings lacked it. */
  readonly sometimes?: boolean;
};

/** An owner or a blueprint as the recordings have it. */
export type RecordedStatus = {
  readonly kind: string;
  readonly name: string;
  readonly generation: number;
  readonly status: Json;
};

/** What is in the cluster once a step has settled. */
export type Snapshot = {
  readonly step: number;
  readonly owners: readonly RecordedStatus[];
  readonly blueprints: readonly RecordedStatus[];
  readonly objects: readonly KubeObject[];
  readonly events: readonly RecordedEvent[];
};

/** What is in the namespace before the first step. */
export type Prelude = 'namespace' | 'account' | 'full';

/** A recorded scenario. */
export type Scenario = {
  readonly name: string;
  readonly title: string;
  readonly prelude: Prelude;
  readonly namespace: string;
  readonly steps: readonly Step[];
  readonly recorded: readonly Snapshot[];
};

/** A scenario as it stands in its file: empty sections are left out. */
type ScenarioFile = {
  readonly title: string;
  readonly prelude?: Prelude;
  readonly steps: readonly Step[];
  readonly recorded: readonly (Partial<Snapshot> & Pick<Snapshot, 'step'>)[];
};

const GOLDEN = join(import.meta.dirname, '..', '..', 'golden');

/** The folder of recordings. */
const RECORDINGS = join(GOLDEN, 'upstream');
/** The folder of allowed differences. */
export const DIFFERENCES = join(GOLDEN, 'differences');

/** The names of all recorded scenarios, without `.yaml`. */
export function scenarioNames(): readonly string[] {
  return readdirSync(RECORDINGS)
    .filter((file) => /^\d\d-.*\.yaml$/.test(file))
    .map((file) => file.slice(0, -'.yaml'.length))
    .toSorted();
}

/** Reads a recorded scenario. */
export function loadScenario(name: string): Scenario {
  const file = readYaml(join(RECORDINGS, `${name}.yaml`)) as ScenarioFile;
  return {
    name,
    title: file.title,
    prelude: file.prelude ?? 'full',
    namespace: `golden-${name.slice(0, 2)}`,
    steps: file.steps,
    recorded: file.recorded.map(({ step, owners = [], blueprints = [], objects = [], events = [] }) => ({
      step,
      owners,
      blueprints,
      objects,
      events,
    })),
  };
}

/** Reads one YAML document. */
export function readYaml(path: string): unknown {
  return narrowed(parse(readFileSync(path, 'utf8'), { maxAliasCount: 0, intAsBigInt: true }));
}

/** Integers as `parseJson` has them: `bigint` only where a number would lose digits. */
function narrowed(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(narrowed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, narrowed(item)]));
}

/** The CustomResourceDefinitions of the kinds that the scenarios stamp. */
export function goldenCrds(): readonly KubeObject[] {
  return readFileSync(join(RECORDINGS, 'crds.yaml'), 'utf8')
    .split(/^---$/m)
    .map((text) => parse(text) as KubeObject);
}
