import type { KubeObject } from '@cartographer/machinery';
import { stepsOf } from '@cartographer/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ResourceTable } from './resource-table.ts';

const object = (namespace: string, name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { namespace, name },
});
const step = fc.record({
  remove: fc.boolean(),
  look: fc.boolean(),
  namespace: fc.constantFrom('n', 'm'),
  name: fc.constantFrom('a', 'b', 'c', 'a-b', 'a.b', '__proto__'),
});

test('a snapshot is what a sorted map would hold, whenever it is taken, and never changes afterwards', () => {
  fc.assert(
    fc.property(stepsOf(step, { max: 60 }), (steps) => {
      const table = new ResourceTable('xs', 0);
      const model = new Map<string, KubeObject>();
      const kept: { snapshot: readonly KubeObject[]; copy: readonly KubeObject[] }[] = [];
      for (const { remove, look, namespace, name } of steps) {
        if (remove) {
          table.remove(namespace, name);
          model.delete(`${namespace}/${name}`);
        } else {
          const made = object(namespace, name);
          table.set(namespace, name, made);
          model.set(`${namespace}/${name}`, made);
        }
        if (look) {
          const snapshot = table.snapshot();
          const sorted = [...model].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
          expect(snapshot).toEqual(sorted);
          expect(table.snapshot('n')).toEqual(sorted.filter(({ metadata }) => metadata.namespace === 'n'));
          kept.push({ snapshot, copy: [...snapshot] });
        }
      }
      for (const { snapshot, copy } of kept) expect(snapshot).toEqual(copy);
    }),
  );
});
