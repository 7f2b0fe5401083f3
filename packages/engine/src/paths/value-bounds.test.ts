import type { Json, JsonObject } from '@cartographer/machinery';
import { expect, test } from 'vitest';
import { resourceLines, thing, workload } from '../testing/builders.ts';
import { oneStep } from '../testing/one-step.ts';
import { boundsFault } from './value-bounds.ts';

function nested(depth: number): Json {
  let value: Json = 1;
  for (let i = 0; i < depth; i += 1) value = i % 2 === 0 ? [value] : { k: value };
  return value;
}

test.each([
  ['an ordinary value', { a: [1, 'x', null] }, undefined],
  ['a value as deep as can be', nested(500), undefined],
  ['a value that is deeper', nested(501), 'the value is nested more than 500 levels deep'],
  ['a value of absurd depth', nested(100_000), 'the value is nested more than 500 levels deep'],
  ['a large text', 'x'.repeat(9_000_000), 'the value is larger than 8388608 bytes'],
])('%s', (_what, value, fault) => {
  expect(boundsFault(value)).toBe(fault);
});

function submitted(spec: JsonObject, owner: JsonObject = {}): string | undefined {
  const cluster = oneStep({ template: thing('a', spec) }, { owner: workload('shop', owner) });
  cluster.settle();
  return resourceLines(cluster.get('Workload', 'shop'), 'only')[0];
}

test('a template that multiplies its input is stopped at the limit', () => {
  const owner = { params: [{ name: 'p', value: 'x'.repeat(100_000) }] };
  expect(submitted({ all: Array.from({ length: 1000 }, () => '$(params.p)$') }, owner)).toContain(
    'larger than 8388608 bytes',
  );
  expect(submitted({ all: '$(params.p)$ '.repeat(1000) }, owner)).toContain(
    'the text is longer than 8388608 characters',
  );
});

test('a template that is nested too deeply is refused, and nothing else breaks', () => {
  expect(submitted({ deep: nested(600) })).toContain('nested more than 500 levels deep');
});

test('an object without a namespace is not stamped', () => {
  const cluster = oneStep({ template: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'mine' } } });
  cluster.types.push({ group: '', version: 'v1', kind: 'Namespace', resource: 'namespaces', namespaced: false });
  cluster.settle();
  expect(cluster.log.writes).toEqual([]);
  expect(resourceLines(cluster.get('Workload', 'shop'), 'only')[0]).toBe(
    'ResourceSubmitted False TemplateRejectedByAPIServer: unable to apply object [team/mine] for resource [only] in supply chain [web]: create: [namespaces] have no namespace; only objects in the namespace of the owner can be stamped',
  );
});
