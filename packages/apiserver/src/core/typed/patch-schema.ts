import { type ListPatchRule, memoByIdentity, type PatchSchema } from '@cartographer/machinery';

import type { StructNode, TypeNode } from './type-node.ts';

/** The lists of a type that strategic merge patches item by item; a list with several keys is patched by the first. */
export const patchSchemaOf = memoByIdentity((type: StructNode): PatchSchema => {
  const lists: Record<string, ListPatchRule> = {};
  const visit = (node: TypeNode, path: string): void => {
    if (node.kind === 'struct') {
      for (const [key, field] of node.fields) visit(field, path === '' ? key : `${path}.${key}`);
    } else if (node.kind === 'map') {
      visit(node.value, path);
    } else if (node.kind === 'list') {
      const [mergeKey] = node.keys;
      if (mergeKey !== undefined) lists[path] = { mergeKey, strategy: 'merge' };
      else if (node.merge === 'set') lists[path] = { strategy: 'merge' };
      visit(node.item, path);
    }
  };
  visit(type, '');
  return { lists };
});
