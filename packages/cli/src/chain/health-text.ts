import { getPath, isObject, type Json, type KubeObject, listAt, textAt } from '@cartographer/machinery';

/** When what a template stamps counts as healthy, in words. */
export function healthText(template: KubeObject): string {
  const rule = getPath(template, 'spec', 'healthRule');
  if (getPath(rule, 'alwaysHealthy') !== undefined) return 'healthy as soon as it exists';
  const single = textAt(rule, 'singleConditionType');
  if (single !== '') return `healthy when its condition ${single} is True`;
  const multi = getPath(rule, 'multiMatch');
  if (isObject(multi)) {
    return `unhealthy when ${requirements(multi['unhealthy'], ' or ')}; healthy when ${requirements(multi['healthy'], ' and ')}`;
  }
  if (textAt(template, 'spec', 'lifecycle') === 'tekton') return 'healthy when its condition Succeeded is True';
  return template.kind === 'ClusterTemplate' ? 'healthy as soon as it exists' : 'healthy when its output is there';
}

function requirements(side: Json | undefined, joiner: string): string {
  const conditions = listAt(side, 'matchConditions').map(
    (each) => `its condition ${textAt(each, 'type')} is ${textAt(each, 'status')}`,
  );
  const fields = listAt(side, 'matchFields').map((each) => {
    const values = listAt(each, 'values').map(String).join(', ');
    return [textAt(each, 'key'), textAt(each, 'operator'), values].filter(Boolean).join(' ');
  });
  return [...conditions, ...fields].join(joiner);
}
