import { getPath, isList, type JsonObject } from '@cartographer/machinery';

import { scalarAt } from './scalar-text.ts';

const POD_SPECS: Readonly<Record<string, string>> = {
  Pod: 'spec',
  CronJob: 'spec.jobTemplate.spec.template.spec',
};

/** What a real server warns about in a pod or pod template: variables of a container that hide each other. */
export function podWarnings(object: JsonObject): readonly string[] {
  const path = POD_SPECS[scalarAt(object, 'kind')] ?? 'spec.template.spec';
  const spec = getPath(object, ...path.split('.'));
  return ['initContainers', 'containers'].flatMap((field) => {
    const containers = getPath(spec, field);
    if (!isList(containers)) return [];
    return containers.flatMap((container, index) => hiddenVariables(container, `${path}.${field}[${index}]`));
  });
}

function hiddenVariables(container: unknown, path: string): readonly string[] {
  const variables = getPath(container, 'env');
  if (!isList(variables)) return [];
  const seen = new Set<string>();
  const warnings: string[] = [];
  for (const [index, variable] of variables.entries()) {
    const name = scalarAt(variable, 'name');
    if (seen.has(name)) {
      warnings.push(
        `${path}.env[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
      );
    }
    seen.add(name);
  }
  return warnings;
}
