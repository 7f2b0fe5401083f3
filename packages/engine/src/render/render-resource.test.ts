import { describe, expect, test } from 'vitest';
import { template, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import { Asks } from '../world/asks.ts';
import type { RenderAnswer } from '../world/world.ts';
import { renderResource } from './render-resource.ts';

const context = {
  owner: workload('app', {}),
  params: { a: { b: 1 } },
  inputs: { sources: { s: { url: 'u', revision: 'r', name: 's' } }, images: {}, configs: {}, deployment: undefined },
  labels: { l: 'x' },
};

function render(answer?: RenderAnswer): { result: unknown; asks: Asks } {
  const cluster = new SimulatedCluster();
  cluster.render = () => answer;
  const asks = new Asks(cluster.begin().cluster);
  return { result: renderResource(template('ClusterTemplate', 't', { ytt: 'a: b' }), context, asks), asks };
}

const printed = (output: string): unknown => render({ kind: 'rendered', output }).result;

describe('a ytt template', () => {
  test('asks for a render by digest, with one value for each key of the context', () => {
    const { result, asks } = render();
    expect(result).toBeUndefined();
    expect(asks.renders).toEqual(render().asks.renders);
    expect(asks.renders).toMatchObject([
      {
        template: 'a: b',
        values: {
          workload: { spec: { build: {} }, status: { supplyChainRef: {} } },
          deliverable: { metadata: { name: 'app' } },
          params: { a: { b: 1 } },
          sources: { s: { url: 'u' } },
          source: { url: 'u', revision: 'r' },
          deployment: null,
        },
      },
    ]);
  });

  test('takes the first document of what was printed', () => {
    expect(printed('kind: A\ncount: 9007199254740993\n---\nkind: B\n')).toEqual({
      kind: 'rendered',
      value: { kind: 'A', count: 9007199254740993n },
    });
  });

  test('keeps a line separator, which ends a line in what ytt prints', () => {
    expect(printed("kind: A\ndata:\n  a: 'a\u2028    b'\n  b: '\u2029'\n")).toEqual({
      kind: 'rendered',
      value: { kind: 'A', data: { a: 'a\u2028b', b: '\u2029' } },
    });
  });

  // Scenario 53.
  test.each([
    ['', { kind: 'rendered', value: {} }],
    ['  \n', { kind: 'rendered', value: {} }],
    [
      '- a\n',
      'error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    [
      'text\n',
      'error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type map[string]interface {}',
    ],
    [
      'apiVersion: v1\nmetadata:\n  name: x\n',
      `error unmarshaling JSON: while decoding JSON: Object 'Kind' is missing in '{"apiVersion":"v1","metadata":{"name":"x"}}'`,
    ],
  ])('that prints %j', (output, expected) => {
    expect(printed(output)).toMatchObject(
      typeof expected === 'string' ? { kind: 'faulty', message: expected } : expected,
    );
  });

  test('that fails says why', () => {
    expect(render({ kind: 'failed', message: 'signal: killed' }).result).toEqual({
      kind: 'faulty',
      message: 'unable to apply ytt template: signal: killed',
    });
  });
});
