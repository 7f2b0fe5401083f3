import type { Blueprint } from '@cartographer/api';
import type { JsonObject } from '@cartographer/machinery';
import { deepEqual } from '@cartographer/machinery';
import type { Resource } from '../read/resource-inputs.ts';
import { selectorFault } from '../select/owner-selection.ts';
import type { ConditionDraft } from '../world/condition-list.ts';
import { conditionList, conditionsJson } from '../world/condition-list.ts';
import type { BlueprintWorld, TemplateKey } from '../world/world.ts';

/** The report on a blueprint, and the templates, found or not, that it depends on. */
export type BlueprintPlan = {
  readonly status: JsonObject;
  readonly statusChanged: boolean;
  readonly templates: readonly TemplateKey[];
};

/** Says whether a ClusterSupplyChain or ClusterDelivery can be used: its templates exist and its selector is sound. */
export function planBlueprint({ blueprint, template, now }: BlueprintWorld): BlueprintPlan {
  const { spec } = blueprint as Blueprint;
  const templates: TemplateKey[] = [];
  const lacking: string[] = [];
  for (const { name, templateRef } of spec.resources as readonly Resource[]) {
    for (const key of referenced(templateRef)) {
      templates.push(key);
      if (template(key) === undefined) lacking.push(name);
    }
  }
  const before = (blueprint as Blueprint).status ?? {};
  const drafts = [templatesReady(lacking), ...selectorConditions(blueprint)];
  const status = {
    conditions: conditionsJson(conditionList(drafts, before.conditions, now)),
    observedGeneration: blueprint.metadata.generation ?? 0,
  };
  return { status, statusChanged: !deepEqual(before, status), templates };
}

/** A missing template is named once for each option that wants it, as upstream does. */
function referenced({ kind, name = '', options = [] }: Resource['templateRef']): readonly TemplateKey[] {
  if (name !== '') return [{ kind, name }];
  return options.flatMap((option) =>
    option.name === undefined || option.name === '' ? [] : [{ kind, name: option.name }],
  );
}

function templatesReady(lacking: readonly string[]): ConditionDraft {
  const type = 'TemplatesReady';
  if (lacking.length === 0) return { type, status: 'True', reason: 'Ready', message: '' };
  const message = `did not find the template of the resource(s) [${lacking.join(', ')}]`;
  return { type, status: 'False', reason: 'TemplatesNotFound', message };
}

/** Only a blueprint with a broken selector has this condition; upstream lets it break the selection of all owners. */
function selectorConditions(blueprint: BlueprintWorld['blueprint']): readonly ConditionDraft[] {
  const message = selectorFault(blueprint);
  return message === undefined ? [] : [{ type: 'SelectorReady', status: 'False', reason: 'InvalidSelector', message }];
}
