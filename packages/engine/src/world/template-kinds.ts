import type { HealthRule, Lifecycle, RetentionPolicy, TemplateParam } from '@cartographer/api';
import { DEFAULT_RETENTION } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';

/** What a template of each kind gives out, and from which of its fields the paths come. */
export type TemplateKind = {
  /** Which kind of input the output may become; undefined when there is none. */
  readonly output: 'source' | 'image' | 'config' | 'deployment' | undefined;
  readonly paths: readonly { readonly output: string; readonly field: string }[];
  /** Inputs that a pass-through option of this kind takes its value from. */
  readonly passThrough: 'sources' | 'images' | 'configs' | 'none' | 'deployments';
};

const KINDS: Readonly<Record<string, TemplateKind>> = {
  ClusterSourceTemplate: {
    output: 'source',
    paths: [
      { output: 'url', field: 'urlPath' },
      { output: 'revision', field: 'revisionPath' },
    ],
    passThrough: 'sources',
  },
  ClusterImageTemplate: {
    output: 'image',
    paths: [{ output: 'image', field: 'imagePath' }],
    passThrough: 'images',
  },
  ClusterConfigTemplate: {
    output: 'config',
    paths: [{ output: 'config', field: 'configPath' }],
    passThrough: 'configs',
  },
  ClusterDeploymentTemplate: { output: 'deployment', paths: [], passThrough: 'deployments' },
  ClusterTemplate: { output: undefined, paths: [], passThrough: 'none' },
};
const NONE: TemplateKind = { output: undefined, paths: [], passThrough: 'none' };

/** What templates of this kind give out. */
export function templateKind(kind: string): TemplateKind {
  return KINDS[kind] ?? NONE;
}

/** The fields of a template that the engine reads, whatever its kind. */
export type TemplateFields = {
  readonly params?: readonly TemplateParam[];
  readonly template?: JsonObject;
  readonly ytt?: string;
  readonly healthRule?: HealthRule;
  readonly lifecycle?: string;
  readonly retentionPolicy?: RetentionPolicy;
  readonly [path: string]: unknown;
};

/** The `spec` of a template. */
export function templateFields(template: KubeObject): TemplateFields {
  return (template['spec'] ?? {}) as TemplateFields;
}

/** How the template's objects live; anything that is no lifecycle means mutable. */
export function lifecycleOf(template: KubeObject): Lifecycle {
  const { lifecycle } = templateFields(template);
  return lifecycle === 'immutable' || lifecycle === 'tekton' ? lifecycle : 'mutable';
}

/** The rule by which the template's objects are judged; `tekton` brings its own when the template has none. */
export function healthRuleOf(template: KubeObject): HealthRule | undefined {
  const { healthRule } = templateFields(template);
  const given =
    healthRule?.alwaysHealthy !== undefined ||
    healthRule?.multiMatch !== undefined ||
    (healthRule?.singleConditionType ?? '') !== '';
  if (given) return healthRule;
  return lifecycleOf(template) === 'tekton' ? TEKTON_RULE : undefined;
}

/** The rule of lifecycle tekton and of Runnables. */
export const TEKTON_RULE: HealthRule = { singleConditionType: 'Succeeded' };

/** How many finished runs are kept. */
export function retentionOf(template: KubeObject): RetentionPolicy {
  return templateFields(template).retentionPolicy ?? DEFAULT_RETENTION;
}
