import type { Condition, JsonObject } from '@cartographer/machinery';
import { expectTypeOf, test } from 'vitest';
import type { ClusterSupplyChain, Owner, Template, Workload } from '../index.ts';

test('types follow from schemas: required fields, enums, maps and lists', () => {
  expectTypeOf<Workload['kind']>().toEqualTypeOf<'Workload'>();
  expectTypeOf<NonNullable<NonNullable<Workload['status']>['conditions']>[number]>().toExtend<Condition>();
  expectTypeOf<Condition>().toExtend<NonNullable<NonNullable<Workload['status']>['conditions']>[number]>();
  expectTypeOf<ClusterSupplyChain['spec']['resources'][number]['templateRef']['kind']>().toEqualTypeOf<
    'ClusterSourceTemplate' | 'ClusterImageTemplate' | 'ClusterTemplate' | 'ClusterConfigTemplate'
  >();
  expectTypeOf<ClusterSupplyChain['spec']['selector']>().toEqualTypeOf<Readonly<Record<string, string>> | undefined>();
});

test('a template or owner narrows by its kind', () => {
  const pathOf = (template: Template) => {
    if (template.kind !== 'ClusterImageTemplate') return '';
    expectTypeOf(template.spec.template).toEqualTypeOf<JsonObject | undefined>();
    return template.spec.imagePath;
  };
  expectTypeOf(pathOf).returns.toEqualTypeOf<string>();
  expectTypeOf<Owner['kind']>().toEqualTypeOf<'Workload' | 'Deliverable'>();
});
