import { expect, test } from 'vitest';
import { chain, conditionLines, resource } from '../testing/builders.ts';
import { workloadOwner } from '../world/owner-kind.ts';
import { planBlueprint } from './plan-blueprint.ts';

const plan = (blueprint: ReturnType<typeof chain>, ...there: string[]) =>
  planBlueprint({
    kind: workloadOwner,
    blueprint,
    template: ({ name }) => (there.includes(name) ? chain(name, []) : undefined),
    now: 'now',
  });

const options = [
  { name: 'x', selector: {} },
  { name: 'y', selector: {} },
  { passThrough: 'in', selector: {} },
];
const blueprint = chain('web', [
  resource('first', 'ClusterTemplate', 'a'),
  { name: 'opts', templateRef: { kind: 'ClusterImageTemplate', options } },
]);

test('a blueprint whose templates are all there is ready', () => {
  const { status, templates, statusChanged } = plan(blueprint, 'a', 'x', 'y');
  expect(conditionLines(status['conditions'])).toEqual(['TemplatesReady True Ready', 'Ready True Ready']);
  expect(templates).toEqual([
    { kind: 'ClusterTemplate', name: 'a' },
    { kind: 'ClusterImageTemplate', name: 'x' },
    { kind: 'ClusterImageTemplate', name: 'y' },
  ]);
  expect(statusChanged).toBe(true);
  expect(plan({ ...blueprint, status }, 'a', 'x', 'y').statusChanged).toBe(false);
});

test('a resource is named once for each template that it lacks', () => {
  expect(conditionLines(plan(blueprint, 'a').status['conditions'])).toEqual([
    'TemplatesReady False TemplatesNotFound: did not find the template of the resource(s) [opts, opts]',
    'Ready False TemplatesNotFound: did not find the template of the resource(s) [opts, opts]',
  ]);
});

test('a blueprint with a broken selector says so', () => {
  const broken = chain('web', [], { selectorMatchExpressions: [{ key: 'a', operator: 'Near' }] });
  expect(conditionLines(plan(broken).status['conditions'])).toEqual([
    'TemplatesReady True Ready',
    'SelectorReady False InvalidSelector: selector labels or selector expressions are invalid: "Near" is not a valid label selector operator',
    'Ready False InvalidSelector: selector labels or selector expressions are invalid: "Near" is not a valid label selector operator',
  ]);
});
