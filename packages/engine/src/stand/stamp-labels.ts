import { LABELS } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import type { OwnerKind } from '../world/owner-kind.ts';
import { lifecycleOf } from '../world/template-kinds.ts';

/** Labels that tell which objects were stamped for an owner's resource, by whichever template. */
export function resourceLabels(kind: OwnerKind, owner: KubeObject, resource: string): Record<string, string> {
  return {
    [kind.labels.name]: owner.metadata.name ?? '',
    [kind.labels.namespace]: owner.metadata.namespace ?? '',
    [LABELS.resourceName]: resource,
  };
}

/** All labels of an object that is stamped for an owner's resource. */
export function stampLabels(
  kind: OwnerKind,
  owner: KubeObject,
  names: { readonly blueprint: string; readonly resource: string },
  template: KubeObject,
): Record<string, string> {
  return {
    [kind.labels.name]: owner.metadata.name ?? '',
    [kind.labels.namespace]: owner.metadata.namespace ?? '',
    [kind.labels.blueprint]: names.blueprint,
    [LABELS.resourceName]: names.resource,
    [LABELS.templateKind]: template.kind,
    [LABELS.clusterTemplateName]: template.metadata.name ?? '',
    [LABELS.templateLifecycle]: lifecycleOf(template),
  };
}

/** All labels of an object that is stamped for a Runnable. */
export function runnableLabels(runnable: KubeObject, runTemplate: string): Record<string, string> {
  return { [LABELS.runnableName]: runnable.metadata.name ?? '', [LABELS.runTemplateName]: runTemplate };
}
