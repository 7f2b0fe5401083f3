import { carto, TEMPLATE_KINDS } from '@cartographer/api';
import { getPath, type KubeObject, listAt, textAt } from '@cartographer/machinery';

/** A kind that a template stamps. */
export type StampedKind = { readonly apiVersion: string; readonly kind: string };

/** The kinds of templates, that of Runnables included. */
export const ALL_TEMPLATE_KINDS = [
  ...new Set(Object.values(TEMPLATE_KINDS).flat()),
  carto.kinds.ClusterRunTemplate.kind,
] as const;

/** Names a template among those of all kinds. */
export function templateKey(kind: string, name: string): string {
  return `${kind} ${name}`;
}

/** What a template stamps, where it says so in plain text; a program or a param may decide it otherwise. */
export function stampedKind({ spec }: KubeObject): StampedKind | undefined {
  const template = getPath(spec, 'template');
  const found =
    template === undefined
      ? { apiVersion: topLevel(textAt(spec, 'ytt'), 'apiVersion'), kind: topLevel(textAt(spec, 'ytt'), 'kind') }
      : { apiVersion: textAt(template, 'apiVersion'), kind: textAt(template, 'kind') };
  const isPlain = Object.values(found).every((text) => /^[\w.\-/]+$/.test(text));
  return isPlain ? found : undefined;
}

/** The value of a field at the left margin of a ytt program, '' when it is computed. */
function topLevel(program: string, field: 'apiVersion' | 'kind'): string {
  const value = new RegExp(`^${field}:[ \\t]*(?<value>.*)$`, 'm').exec(program)?.groups?.['value'] ?? '';
  return value.trim().replace(/^(?<quote>["'])(?<text>.*)\k<quote>$/, '$<text>');
}

/** A reference of a blueprint's step to a template. */
export type TemplateUse = {
  readonly step: string;
  readonly kind: string;
  readonly name: string;
  /** One of several, of which each owner gets one. */
  readonly isOption: boolean;
};

/** The templates that a blueprint names, options included. */
export function templatesOf(blueprint: KubeObject): readonly TemplateUse[] {
  return listAt(blueprint, 'spec', 'resources').flatMap((resource) => {
    const [step, kind] = [textAt(resource, 'name'), textAt(resource, 'templateRef', 'kind')];
    const use = (name: string, isOption: boolean): TemplateUse => ({ step, kind, name, isOption });
    const options = listAt(resource, 'templateRef', 'options').map((option) => use(textAt(option, 'name'), true));
    return [use(textAt(resource, 'templateRef', 'name'), false), ...options].filter(({ name }) => name !== '');
  });
}
