import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Json } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { celCompiler } from './cel.ts';
import { declaredType } from './cel-declared.ts';
import { estimateCost } from './cel-estimate.ts';
import { compileToCel } from './cel-values.ts';

/**
 * What Kubernetes 1.34 estimates a rule to cost at most, and what it charges for it on `self`; null where it says that
 * there is no limit, or where its answer depends on the order of a map's keys.
 */
type Recorded = { readonly estimate: number | null; readonly cost: number | null; readonly gives: string };
type Group = { readonly schema: StructuralSchema; readonly self: Json; readonly rules: Record<string, Recorded> };

const groups = JSON.parse(readFileSync(new URL('../../testdata/cel-costs.json', import.meta.url), 'utf8')) as Group[];
const unlimited = { spend: () => undefined };

describe.each(groups.map((group, i) => [i, group] as const))('as on a real server, schema %i:', (_i, group) => {
  const { schema, self, rules } = group;
  const type = declaredType(schema, false);
  const value = compileToCel(schema, celCompiler)(self);

  test.each(Object.entries(rules))('%s', (rule, { estimate, cost, gives }) => {
    const program = celCompiler.compile(rule);
    const outcome = program.evaluate(value, value, unlimited);
    expect(outcome.kind === 'value' ? String(outcome.value) : outcome.kind).toBe(gives);
    if (cost !== null) expect(outcome.cost).toBe(cost);
    expect(type === undefined ? undefined : estimateCost(program.expression, type)).toSatisfy((own: number) =>
      estimate === null ? own > 1e12 : own === estimate,
    );
  });
});
