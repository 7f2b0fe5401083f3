import type { BlueprintStep } from '../graph/blueprint-steps.ts';
import { shownOutputs } from '../read/resource-outputs.ts';
import type { SecretValues } from '../read/secret-values.ts';
import { REDACTED } from '../read/secret-values.ts';
import type { Realized } from '../report/realized.ts';
import type { InputAccount } from './explained.ts';

/** Steps of one pass, and what they read. */
export type Passage = {
  readonly realized: ReadonlyMap<string, Realized>;
  readonly steps: ReadonlyMap<string, BlueprintStep>;
  readonly secrets: SecretValues;
};

const SHOWN = { sources: 'revision', deployment: 'revision', images: 'image', configs: 'config' } as const;

/** The inputs of a step, each with its value now and the revision that it stems from. */
export function inputAccounts(step: BlueprintStep, passage: Passage): readonly InputAccount[] {
  return step.inputs.map(({ input, kind, from }) => ({
    input,
    kind,
    from,
    value: shownValue(from, SHOWN[kind], passage),
    stemsFrom: originOf(from, passage),
  }));
}

function shownValue(step: string, output: string, { realized, secrets }: Passage): string | undefined {
  const found = realized.get(step);
  const shown = found === undefined ? undefined : shownOutputs(found.output).find(({ name }) => name === output);
  if (shown === undefined) return undefined;
  return found?.isSecret === true ? REDACTED : secrets.redact(shown.preview.trim());
}

/** The nearest step, this one or before it, that hands on a revision. */
function originOf(from: string, passage: Passage): InputAccount['stemsFrom'] {
  const seen = new Set([from]);
  for (const step of seen) {
    const revision = shownValue(step, 'revision', passage);
    if (revision !== undefined) return { step, revision };
    for (const input of passage.steps.get(step)?.inputs ?? []) seen.add(input.from);
  }
  return undefined;
}
