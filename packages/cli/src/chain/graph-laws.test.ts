import type { Json, KubeObject } from '@cartographer/machinery';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawGraph } from './graph.ts';
import { drawLanes } from './lanes.ts';
import { mermaidText } from './mermaid.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', '__proto__'];
const name = fc.constantFrom(...NAMES);
const input = fc.record({ name, resource: fc.oneof(name, fc.constant('nowhere')) });
const step = fc.record({
  name,
  templateRef: fc.record({ kind: fc.constant('ClusterConfigTemplate'), name }),
  configs: fc.array(input, { maxLength: 4 }),
});
const chain = fc.array(step, { maxLength: 8 }).map(
  (resources): KubeObject => ({
    apiVersion: 'carto.run/v1alpha1',
    kind: 'ClusterSupplyChain',
    metadata: { name: 'web' },
    spec: { resources: resources as Json },
  }),
);

describe('a drawing of whatever steps read from one another', () => {
  it('has each step once, after those that it reads from, but for loops, which are told', () => {
    fc.assert(
      fc.property(chain, (blueprint) => {
        const { order, ways, loops, graph } = drawGraph(blueprint, undefined);
        expect([...order].toSorted()).toEqual(graph.nodes.map((node) => node.step).toSorted());
        const place = (name_: string): number => order.indexOf(name_);
        for (const { from, to } of ways) expect(place(from)).toBeLessThan(place(to));
        for (const { from, to } of loops) expect(place(from)).toBeGreaterThanOrEqual(place(to));
      }),
    );
  });

  it('leads a rail from each step to each that reads from it, and no other', () => {
    fc.assert(
      fc.property(chain, (blueprint) => {
        const { order, ways } = drawGraph(blueprint, undefined);
        const lines = drawLanes(order, ways, () => '●');
        expect(lines.flatMap(({ step: own }) => own ?? [])).toEqual(order);
        for (const { rails, step: own } of lines) expect(rails.split('●').length - 1).toBe(own === undefined ? 0 : 1);
        expect(followed(lines.map(({ rails, step: own }) => ({ rails, step: own })))).toEqual(
          new Set(ways.map(({ from, to }) => `${from} ${to}`)),
        );
      }),
    );
  });

  it('is a flowchart in which nothing of a name is markup', () => {
    const wild = drawGraph(
      {
        apiVersion: 'carto.run/v1alpha1',
        kind: 'ClusterSupplyChain',
        metadata: { name: 'x' },
        spec: { resources: [{ name: 'a"]; click s0 <b>', templateRef: { kind: 'K', name: 'é#' } }] },
      },
      undefined,
    );
    expect(mermaidText(wild, false)).toBe('flowchart LR\n  s0["a#34;#93;#59; click s0 #60;b#62;<br/>#233;#35;"]\n');
  });
});

/** Follows the rails of a drawing as an eye does, by their signs alone; resolves to `from to` of each way. */
function followed(
  lines: readonly { readonly rails: string; readonly step: string | undefined }[],
): ReadonlySet<string> {
  const found = new Set<string>();
  let lanes = new Map<number, Set<string>>();
  for (const { rails, step: own } of lines) {
    const cells = rails.padEnd(80);
    const next = new Map<number, Set<string>>();
    const corner = cells.search(/[┐┘]/);
    const joins = cells.includes('┘');
    const branch = cells.indexOf('├');
    for (let at = 0; at < 40; at += 1) {
      const sign = cells[at * 2] ?? ' ';
      const from = lanes.get(at) ?? new Set<string>();
      if (sign === '●' && own !== undefined) {
        for (const each of from) found.add(`${each} ${own}`);
        next.set(at, new Set([own]));
      } else if (sign === '│' || sign === '┼') next.set(at, from);
      else if (sign === '├' && joins) {
        const ended = [...lanes].filter(
          ([lane]) => lane > at && lane * 2 <= corner && '┘┴'.includes(cells[lane * 2] ?? ''),
        );
        next.set(at, new Set([...from, ...ended.flatMap(([, some]) => [...some])]));
      } else if (sign === '├') next.set(at, from);
      else if (sign === '┐' || sign === '┬') next.set(at, lanes.get(branch / 2) ?? new Set());
    }
    lanes = next;
  }
  return found;
}
