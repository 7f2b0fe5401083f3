import type { ObservedCompletion, ObservedMatch } from '@cartographer/api';
import type { Json, KubeObject } from '@cartographer/machinery';
import { deepEqual, memoByIdentity } from '@cartographer/machinery';
import { previewOf } from '../paths/digests.ts';
import { pathExpression } from '../paths/path-expression.ts';
import { boundsFault } from '../paths/value-bounds.ts';
import { templateFields, templateKind } from '../world/template-kinds.ts';

/** A source as templates see it. */
export type Source = { readonly url: Json; readonly revision: Json };

/** What a resource hands on to others. */
export type Output =
  | { readonly kind: 'source'; readonly source: Source }
  | { readonly kind: 'image'; readonly image: Json }
  | { readonly kind: 'config'; readonly config: Json }
  | { readonly kind: 'nothing' };

/** Why an output cannot be read. */
export type OutputFailure =
  | { readonly kind: 'path'; readonly expression: string; readonly message: string }
  | { readonly kind: 'observedGeneration'; readonly message: string }
  /** Not of the object as it is now: see `carto.run/read`. */
  | { readonly kind: 'notObserved'; readonly message: string }
  | { readonly kind: 'conditionNotMet'; readonly message: string }
  | { readonly kind: 'failedCondition'; readonly message: string }
  | { readonly kind: 'other'; readonly message: string };

/** An output, or why there is none. */
export type OutputResult =
  | { readonly kind: 'read'; readonly output: Output }
  | { readonly kind: 'unread'; readonly failure: OutputFailure };

/** The output of a resource that hands on nothing. */
export const NOTHING: Output = { kind: 'nothing' };

/** Reads the output that a template's paths point to. Done once per object and template. */
export function readOutput(template: KubeObject, object: KubeObject, deployment: Source | undefined): OutputResult {
  if (templateKind(template.kind).output === 'deployment') return readDeployment(template, object, deployment);
  return outputsOf(object)(template);
}

const outputsOf = memoByIdentity((object: KubeObject) =>
  memoByIdentity((template: KubeObject) => readPaths(template, object)),
);

function readPaths(template: KubeObject, object: KubeObject): OutputResult {
  const fields = templateFields(template);
  const values: Json[] = [];
  const { output, paths } = templateKind(template.kind);
  for (const { field } of paths) {
    const expression = typeof fields[field] === 'string' ? fields[field] : '';
    const result = pathExpression(expression)(object);
    if (result.kind !== 'found') {
      return { kind: 'unread', failure: { kind: 'path', expression, message: result.message } };
    }
    const message = boundsFault(result.value);
    if (message !== undefined) return { kind: 'unread', failure: { kind: 'path', expression, message } };
    values.push(result.value);
  }
  const [first = null, second = null] = values;
  switch (output) {
    case 'source':
      return read({ kind: 'source', source: { url: first, revision: second } });
    case 'image':
      return read(first === null ? NOTHING : { kind: 'image', image: first });
    case 'config':
      return read(first === null ? NOTHING : { kind: 'config', config: first });
    case 'deployment':
    case undefined:
      return read(NOTHING);
  }
}

/** The path that a template without any object to read from waits for. */
export function unreadOutput(template: KubeObject): OutputResult {
  const { output, paths } = templateKind(template.kind);
  const [first] = paths;
  if (output === 'deployment') {
    return { kind: 'unread', failure: { kind: 'other', message: 'failed to evaluate path of empty object' } };
  }
  if (first === undefined) return read(NOTHING);
  const expression = templateFields(template)[first.field];
  return {
    kind: 'unread',
    failure: {
      kind: 'path',
      expression: typeof expression === 'string' ? expression : '',
      message: 'failed to evaluate path of empty object',
    },
  };
}

/** What a template hands on that counts only while its object is healthy, and is there before it is. */
export function withheldOutput(template: KubeObject): OutputResult {
  if (templateKind(template.kind).output !== 'deployment') return unreadOutput(template);
  return { kind: 'unread', failure: notMet('the object is not healthy') };
}

/** A deployment hands on its input once the object shows that it is done. */
function readDeployment(template: KubeObject, object: KubeObject, deployment: Source | undefined): OutputResult {
  const fields = templateFields(template);
  const completion = fields['observedCompletion'] as ObservedCompletion | undefined;
  const matches = (fields['observedMatches'] ?? []) as readonly ObservedMatch[];
  const failure = completion === undefined ? firstMismatch(matches, object) : incompleteness(completion, object);
  if (failure !== undefined) return { kind: 'unread', failure };
  if (deployment === undefined) {
    return { kind: 'unread', failure: { kind: 'other', message: 'deployment not found in upstream template' } };
  }
  return deploymentOutput(deployment);
}

/** One output for one source, so that what is made of it downstream is kept too. */
const deploymentOutput = memoByIdentity((source: Source) => read({ kind: 'source', source }));

function firstMismatch(matches: readonly ObservedMatch[], object: KubeObject): OutputFailure | undefined {
  for (const { input, output } of matches) {
    const left = pathExpression(input)(object);
    if (left.kind !== 'found') return notMet(`could not find value on input [${input}]: ${left.message}`);
    const right = pathExpression(output)(object);
    if (right.kind !== 'found') return notMet(`could not find value on output [${output}]: ${right.message}`);
    if (!deepEqual(left.value, right.value)) {
      const values = `${goString(left.value)} != ${goString(right.value)}`;
      return notMet(`input [${input}] and output [${output}] do not match: ${values}`);
    }
  }
  return undefined;
}

function incompleteness({ succeeded, failed }: ObservedCompletion, object: KubeObject): OutputFailure | undefined {
  const generation = pathExpression('metadata.generation')(object);
  if (generation.kind !== 'found') {
    return { kind: 'path', expression: 'metadata.generation', message: generation.message };
  }
  const observed = pathExpression('status.observedGeneration')(object);
  if (observed.kind !== 'found') return { kind: 'observedGeneration', message: observed.message };
  if (!deepEqual(generation.value, observed.value)) {
    const values = `${goString(observed.value)} != ${goString(generation.value)}`;
    return notMet(`status.observedGeneration does not equal metadata.generation: ${values}`);
  }
  if (failed !== undefined) {
    const value = pathExpression(failed.key)(object);
    if (value.kind === 'found' && value.value === failed.value) {
      return { kind: 'failedCondition', message: `deployment failure condition [${failed.key}] was: ${failed.value}` };
    }
  }
  const value = pathExpression(succeeded.key)(object);
  if (value.kind !== 'found') {
    return notMet(`failed to evaluate succeededCondition.Key [${succeeded.key}]: ${value.message}`);
  }
  if (value.value === succeeded.value) return undefined;
  const expected = `${goString(value.value)}, expected: ${succeeded.value}`;
  return notMet(`deployment success condition [${succeeded.key}] was: ${expected}`);
}

function notMet(message: string): OutputFailure {
  return { kind: 'conditionNotMet', message };
}

/** A value as Go's `%s` prints it, which is made for strings: `%!s(float64=2)`. */
function goString(value: Json): string {
  if (typeof value === 'string') return value;
  if (value === null) return '%!s(<nil>)';
  if (typeof value === 'number' || typeof value === 'bigint') return `%!s(float64=${String(value)})`;
  if (typeof value === 'boolean') return `%!s(bool=${String(value)})`;
  return Array.isArray(value)
    ? `[${value.map((item: Json) => goString(item)).join(' ')}]`
    : `map[${Object.entries(value)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, item]) => `${key}:${goString(item ?? null)}`)
        .join(' ')}]`;
}

function read(output: Output): OutputResult {
  return { kind: 'read', output };
}

/** An output in an owner's status, before it has a time. */
export type ShownOutput = { readonly name: string; readonly preview: string; readonly digest: string };

/** An output as an owner's status shows it. Done once per output. */
export const shownOutputs: (output: Output) => readonly ShownOutput[] = memoByIdentity((output: Output) =>
  valuesOf(output).map(([name, value]) => ({ name, ...previewOf(value) })),
);

/** The values that an output consists of. */
export function outputValues(output: Output): readonly Json[] {
  return valuesOf(output).map(([, value]) => value);
}

function valuesOf(output: Output): readonly (readonly [string, Json])[] {
  switch (output.kind) {
    case 'source':
      return [
        ['url', output.source.url],
        ['revision', output.source.revision],
      ];
    case 'image':
      return [['image', output.image]];
    case 'config':
      return [['config', output.config]];
    case 'nothing':
      return [];
  }
}
