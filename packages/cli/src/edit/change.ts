import {
  envVarNameErrors,
  type Json,
  labelKeyErrors,
  labelValueErrors,
  messageOf,
  parseQuantity,
  parseYamlDocuments,
} from '@cartographer/machinery';
import { type Assignments, asText, readAssignments, splitPairs, withAssignment } from './assignments.ts';
import type { ChangeFlags } from './edit-flags.ts';
import { type SourceChange, sourceChange } from './source-change.ts';

/** The label by which owners of one app are told. */
const APP_LABEL = 'app.kubernetes.io/part-of';

/** What a service claim refers to. */
export type ServiceRef = { readonly apiVersion: string; readonly kind: string; readonly name: string };

/** One quantity; `''` takes it away. */
export type QuantityChange = {
  readonly part: 'limits' | 'requests';
  readonly name: 'cpu' | 'memory';
  readonly text: string;
};

/** What the flags say about an owner, read and found to make sense. */
export type Change = {
  readonly labels: Assignments;
  readonly annotations: Assignments;
  readonly params: Assignments<Json>;
  readonly env: Assignments;
  readonly buildEnv: Assignments;
  readonly claims: Assignments<ServiceRef>;
  readonly source: SourceChange;
  readonly serviceAccount: string | undefined;
  readonly resources: readonly QuantityChange[];
  /** The value of `--type`: its label follows from the chains that there are. */
  readonly type: string | undefined;
};

/** Reads the flags that change an owner; what is wrong goes to `problems`, in their names. */
export function readChange(flags: ChangeFlags, problems: string[]): Change {
  const labelValue = (text: string): { readonly value: string } | { readonly problem: string } => {
    const [problem] = labelValueErrors(text);
    return problem === undefined ? { value: text } : { problem };
  };
  const labels = readAssignments(
    splitPairs(flags.label),
    { flag: '--label', value: labelValue, key: labelKeyErrors },
    problems,
  );
  const params = readParams(flags, problems);
  for (const [flag, text] of [
    ['--app', flags.app],
    ['--type', flags.type],
  ] as const) {
    problems.push(...labelValueErrors(text ?? '').map((error) => `${flag} "${text ?? ''}": ${error}`));
  }
  if (flags.app !== undefined && (labels.set.has(APP_LABEL) || labels.removed.has(APP_LABEL))) {
    problems.push(`--app and --label ${APP_LABEL} say the same: give one of them`);
  }
  return {
    labels: flags.app === undefined ? labels : withAssignment(labels, APP_LABEL, flags.app),
    annotations: readAssignments(
      splitPairs(flags.annotation),
      { flag: '--annotation', value: asText, key: labelKeyErrors },
      problems,
    ),
    params,
    env: readEnv('--env', flags.env, problems),
    buildEnv: readEnv('--build-env', flags.buildEnv, problems),
    claims: readAssignments(flags.serviceRef, { flag: '--service-ref', value: serviceRef }, problems),
    source: sourceChange(flags, problems),
    serviceAccount: flags.serviceAccount,
    resources: readResources(flags, problems),
    type: flags.type,
  };
}

function readEnv(flag: string, texts: readonly string[] | undefined, problems: string[]): Assignments {
  return readAssignments(texts, { flag, value: asText, key: envVarNameErrors }, problems);
}

function readParams({ param, paramYaml }: ChangeFlags, problems: string[]): Assignments<Json> {
  const plain = readAssignments<Json>(param, { flag: '--param', value: asText }, problems);
  const structured = readAssignments<Json>(paramYaml, { flag: '--param-yaml', value: yamlValue }, problems);
  const names = (assignments: Assignments<Json>) => [...assignments.set.keys(), ...assignments.removed];
  const both = names(plain).filter((name) => names(structured).includes(name));
  problems.push(...both.map((name) => `"${name}" is given by --param and by --param-yaml: give one of them`));
  return {
    set: new Map([...plain.set, ...structured.set]),
    removed: new Set([...plain.removed, ...structured.removed]),
  };
}

function yamlValue(text: string): { readonly value: Json } | { readonly problem: string } {
  try {
    const documents = parseYamlDocuments(text);
    if (documents.length > 1) return { problem: 'give one YAML document' };
    return { value: documents[0] ?? null };
  } catch (error) {
    return { problem: `this is no YAML or JSON: ${messageOf(error)}` };
  }
}

function serviceRef(text: string): { readonly value: ServiceRef } | { readonly problem: string } {
  const [apiVersion = '', kind = '', name = '', ...more] = text.split(':');
  if (apiVersion === '' || kind === '' || name === '' || more.length > 0) {
    return { problem: `"${text}" is not APIVERSION:KIND:NAME, of an object in the same namespace` };
  }
  return { value: { apiVersion, kind, name } };
}

const QUANTITIES = [
  ['limitCpu', '--limit-cpu', 'limits', 'cpu'],
  ['limitMemory', '--limit-memory', 'limits', 'memory'],
  ['requestCpu', '--request-cpu', 'requests', 'cpu'],
  ['requestMemory', '--request-memory', 'requests', 'memory'],
] as const;

function readResources(flags: ChangeFlags, problems: string[]): readonly QuantityChange[] {
  return QUANTITIES.flatMap(([key, flag, part, name]) => {
    const text = flags[key];
    if (text === undefined) return [];
    if (text !== '' && parseQuantity(text) === undefined) {
      problems.push(`${flag} "${text}" is no quantity: give one such as 500m or 1Gi`);
    }
    return [{ part, name, text }];
  });
}
