import { deepEqual } from '@cartographer/machinery';
import type { ResourceReference, TemplateOption } from '../kinds/blueprint.ts';
import type { ClusterDelivery, DeliveryResource } from '../kinds/cluster-delivery.ts';
import type { ClusterSupplyChain, SupplyChainResource } from '../kinds/cluster-supply-chain.ts';
import type { BlueprintParam } from '../schema/params.ts';
import type { SelectableFields } from './validate-selector.ts';
import {
  blueprintSelectorErrors,
  DELIVERABLE_FIELDS,
  optionSelectorErrors,
  selectorPresence,
  WORKLOAD_FIELDS,
} from './validate-selector.ts';

type Resource = SupplyChainResource | DeliveryResource;

/** What is wrong with a supply chain, in upstream's order and words. */
export function* supplyChainErrors({ metadata, spec }: ClusterSupplyChain): Generator<string> {
  const { resources } = spec;
  yield* prefixed(
    `error validating clustersupplychain [${metadata.name ?? ''}]: `,
    (function* () {
      yield* selectorPresence(spec);
      yield* paramErrors(spec);
      yield* blueprintSelectorErrors(spec, WORKLOAD_FIELDS);
      for (const { name } of duplicates(resources)) yield `duplicate resource name [${name}] found`;
      yield* templateErrors(resources, WORKLOAD_FIELDS);
      for (const resource of resources) yield* passThroughErrors(resource, SUPPLY_CHAIN_INPUTS);
      for (const resource of resources) yield* referenceErrors(resource, resources);
    })(),
  );
}

/** What is wrong with a delivery, in upstream's order and words. */
export function* deliveryErrors({ metadata, spec }: ClusterDelivery): Generator<string> {
  const { resources } = spec;
  yield* prefixed(
    `error validating clusterdelivery [${metadata.name ?? ''}]: `,
    (function* () {
      yield* selectorPresence(spec);
      yield* paramErrors(spec);
      yield* blueprintSelectorErrors(spec, DELIVERABLE_FIELDS);
      for (const { name, index } of duplicates(resources)) {
        yield `spec.resources[${index}].name "${name}" cannot appear twice`;
      }
      yield* templateErrors(resources, DELIVERABLE_FIELDS);
      for (const resource of resources) yield* passThroughErrors(resource, DELIVERY_INPUTS);
      for (const resource of resources) yield* deploymentErrors(resource);
      for (const { name, templateRef, configs } of resources) {
        // The key alone counts, even with an empty list.
        if (templateRef.kind === 'ClusterDeploymentTemplate' && configs !== undefined) {
          yield `spec.resources[${name}] is a ClusterDeploymentTemplate and must not receive config`;
        }
      }
    })(),
  );
}

function* deploymentErrors({ name, templateRef, deployment }: DeliveryResource): Generator<string> {
  const deploys = templateRef.kind === 'ClusterDeploymentTemplate';
  if (deploys && deployment === undefined) {
    yield `spec.resources[${name}] is a ClusterDeploymentTemplate and must receive a deployment`;
  }
  if (!deploys && deployment !== undefined) {
    yield `spec.resources[${name}] receives a deployment but is not a ClusterDeploymentTemplate`;
  }
}

function* prefixed(prefix: string, errors: Iterable<string>): Generator<string> {
  for (const error of errors) yield `${prefix}${error}`;
}

function* duplicates(list: readonly { readonly name?: string }[]): Generator<{ name: string; index: number }> {
  const seen = new Set<string>();
  for (const [index, { name = '' }] of list.entries()) {
    if (seen.has(name)) yield { name, index };
    seen.add(name);
  }
}

function* paramErrors(spec: {
  readonly params?: readonly BlueprintParam[];
  readonly resources: readonly Resource[];
}): Generator<string> {
  yield* oneOfValueAndDefault(spec.params);
  for (const { name, params } of spec.resources) {
    yield* prefixed(`resource [${name}] is invalid: `, oneOfValueAndDefault(params));
  }
}

function* oneOfValueAndDefault(params: readonly BlueprintParam[] = []): Generator<string> {
  for (const param of params) {
    if ((param.value === undefined) === (param.default === undefined)) {
      yield `param [${param.name}] is invalid: must set exactly one of value and default`;
    }
  }
}

function* templateErrors(resources: readonly Resource[], fields: SelectableFields): Generator<string> {
  for (const resource of resources) {
    for (const { name } of duplicates(resource.templateRef.options ?? [])) {
      yield `duplicate template name [${name}] found in options for resource [${resource.name}]`;
    }
  }
  for (const { name, templateRef } of resources) {
    yield* prefixed(`error validating resource [${name}]: `, templateReferenceErrors(templateRef, fields));
  }
}

function* templateReferenceErrors(reference: Resource['templateRef'], fields: SelectableFields): Generator<string> {
  const { name = '', options = [] } = reference;
  if (name !== '' && options.length > 0) {
    yield 'exactly one of templateRef.Name or templateRef.Options must be specified, found both';
  }
  if (name === '' && options.length === 1) yield 'templateRef.Options must have more than one option';
  if (name === '' && options.length === 0) {
    yield 'exactly one of templateRef.Name or templateRef.Options must be specified, found neither';
  }
  yield* optionErrors(options, fields);
}

function* optionErrors(options: readonly TemplateOption[], fields: SelectableFields): Generator<string> {
  const passing = options.filter(({ passThrough = '' }) => passThrough !== '').length;
  if (passing > 1) yield `cannot have more than one pass through option, found ${passing}`;
  for (const { name = '', passThrough = '', selector } of options) {
    const exactlyOne = 'exactly one of option.Name or option.PassThrough must be specified, found';
    if (name !== '' && passThrough !== '') yield `${exactlyOne} both`;
    if (name === '' && passThrough === '') yield `${exactlyOne} neither`;
    const label = name === '' ? passThrough : name;
    yield* prefixed(`error validating option [${label}] selector: `, optionSelectorErrors(selector, fields));
  }
  yield* duplicateSelectors(options);
}

function* duplicateSelectors(options: readonly TemplateOption[]): Generator<string> {
  const label = ({ name = '' }: TemplateOption) => (name === '' ? 'passThrough' : name);
  for (const [index, option] of options.entries()) {
    const twin = options
      .slice(index + 1)
      .find((other) => (other.name ?? '') !== (option.name ?? '') && deepEqual(other.selector, option.selector));
    if (twin !== undefined) yield `duplicate selector found in options [${label(option)}, ${label(twin)}]`;
  }
}

type InputList = 'sources' | 'images' | 'configs';

/** Which kinds of template can pass an input through, and from which list of inputs. */
const SUPPLY_CHAIN_INPUTS: Readonly<Record<string, InputList>> = {
  ClusterSourceTemplate: 'sources',
  ClusterImageTemplate: 'images',
  ClusterConfigTemplate: 'configs',
};
const DELIVERY_INPUTS: Readonly<Record<string, InputList>> = {
  ClusterSourceTemplate: 'sources',
  ClusterConfigTemplate: 'configs',
};

function* passThroughErrors(resource: Resource, inputs: Readonly<Record<string, InputList>>): Generator<string> {
  const { name, templateRef } = resource;
  for (const { passThrough = '' } of templateRef.options ?? []) {
    if (passThrough === '') continue;
    const list = Object.hasOwn(inputs, templateRef.kind) ? inputs[templateRef.kind] : undefined;
    if (list === undefined) {
      yield `error validating resource [${name}]: TemplateRef.Kind [${templateRef.kind}] is not a known type`;
    } else if (!inputsOf(resource, list).some((input) => input.name === passThrough)) {
      yield `error validating resource [${name}]: pass through [${passThrough}] does not refer to a known input`;
    }
  }
}

function inputsOf(resource: Resource, list: InputList): readonly ResourceReference[] {
  return (resource as Partial<Record<InputList, readonly ResourceReference[]>>)[list] ?? [];
}

const PRODUCERS = [
  ['sources', 'ClusterSourceTemplate'],
  ['images', 'ClusterImageTemplate'],
  ['configs', 'ClusterConfigTemplate'],
] as const;

function* referenceErrors(resource: Resource, resources: readonly Resource[]): Generator<string> {
  for (const [list, kind] of PRODUCERS) {
    for (const { name, resource: producerName } of inputsOf(resource, list)) {
      const producer = resources.find((candidate) => candidate.name === producerName);
      const prefix = `invalid ${list} for resource [${resource.name}]: `;
      if (producer === undefined) {
        yield `${prefix}[${name}] is provided by unknown resource [${producerName}]`;
      } else if (producer.templateRef.kind !== kind) {
        yield `${prefix}resource [${producerName}] providing [${name}] must reference a ${kind}`;
      }
    }
  }
}
