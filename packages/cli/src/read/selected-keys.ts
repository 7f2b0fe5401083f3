import type { OwnerSelector } from '@cartographer/api';
import { isObject, type KubeObject } from '@cartographer/machinery';

/** The keys of labels that blueprints ask for, each once, in order. */
export function selectedKeys(blueprints: readonly KubeObject[]): readonly string[] {
  const keys = blueprints.flatMap(({ spec }) => {
    if (!isObject(spec)) return [];
    const { selector = {}, selectorMatchExpressions = [] } = spec as {
      readonly selector?: OwnerSelector['matchLabels'];
      readonly selectorMatchExpressions?: OwnerSelector['matchExpressions'];
    };
    return [...Object.keys(selector), ...selectorMatchExpressions.map(({ key }) => key)];
  });
  return [...new Set(keys)].toSorted();
}
