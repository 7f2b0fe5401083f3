import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { paramValues } from '../read/param-values.ts';
import type { Resource } from '../read/resource-inputs.ts';
import type { Output } from '../read/resource-outputs.ts';
import { NOTHING } from '../read/resource-outputs.ts';
import type { SecretValues } from '../read/secret-values.ts';
import type { Realized } from '../report/realized.ts';
import type { StepFailure } from '../report/step-failure.ts';
import { stampLabels } from '../stand/stamp-labels.ts';
import type { Asks } from '../world/asks.ts';
import type { OwnerKind } from '../world/owner-kind.ts';
import { templateFields } from '../world/template-kinds.ts';

/** What one pass over a blueprint shares among its resources. */
export type Pass = {
  readonly kind: OwnerKind;
  readonly owner: KubeObject;
  readonly blueprint: KubeObject;
  readonly blueprintParams: Resource['params'];
  readonly asks: Asks;
  readonly outputs: Map<string, Output>;
  /** Resources whose output is held back, with what those say that read from them. */
  readonly held: Map<string, string>;
  /** Objects that resources of this pass stamp in place, by key: no two may stamp the same. */
  readonly taken: Map<string, string>;
  /** Values of Secrets that the steps so far have read or stamped. */
  readonly secrets: SecretValues;
};

/** The labels of what the resource stamps. */
export function labelsOf(
  { kind, owner, blueprint }: Pass,
  resource: Resource,
  template: KubeObject,
): Record<string, string> {
  return stampLabels(kind, owner, { blueprint: blueprint.metadata.name ?? '', resource: resource.name }, template);
}

/** A resource that stamped nothing this time; without a failure, one that has nothing to stamp. */
export function failed(
  resource: Resource,
  template: KubeObject | undefined,
  failure: StepFailure | undefined,
): Realized {
  return {
    resource,
    template,
    passesThrough: false,
    stamped: undefined,
    output: NOTHING,
    isSecret: false,
    failure,
    events: [],
    remember: [],
    surplus: [],
  };
}

/** For messages. */
export function blueprintName({ blueprint }: Pass): string {
  return blueprint.metadata.name ?? '';
}

/** The params that the template sees, the owner's before the blueprint's before the template's. */
export function paramsOf({ owner, blueprintParams }: Pass, resource: Resource, template: KubeObject): JsonObject {
  const spec = owner['spec'] as { readonly params?: Parameters<typeof paramValues>[0]['owner'] } | undefined;
  return paramValues({
    template: templateFields(template).params,
    blueprint: blueprintParams,
    resource: resource.params,
    owner: spec?.params,
  });
}
