import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import type { Resource } from '../read/resource-inputs.ts';
import { SecretValues } from '../read/secret-values.ts';
import type { Realized } from '../report/realized.ts';
import { stampObject } from '../stand/stamped-object.ts';
import type { Standing } from '../stand/stand.ts';
import { chain, configMap, template, thing, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import { Asks } from '../world/asks.ts';
import { workloadOwner } from '../world/owner-kind.ts';
import { readStood } from './read-standing.ts';

const RESOURCE: Resource = { name: 'scan', templateRef: { kind: 'ClusterConfigTemplate', name: 't' } };
const TYPE = { group: 'golden.test', version: 'v1', kind: 'StatusThing', resource: 'statusthings', namespaced: true };
const SCAN = { ...thing('shop', { image: 'one' }), kind: 'StatusThing' };
const SECRET = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's' },
  stringData: { a: 'hunter22', b: 'other333' },
};

type Given = {
  /** What the template renders. */
  readonly rendered?: JsonObject;
  /** What is there differs from it in this. */
  readonly live?: JsonObject;
  readonly spec?: JsonObject;
  readonly kind?: string;
  /** Objects of the kind are read as they are now. */
  readonly gate?: boolean;
  readonly secrets?: SecretValues;
};

/** What becomes of the step `scan` whose object stands, or is stopped. */
function read(how: 'stands' | 'runs' | 'halted', given: Given = {}): Realized {
  const { rendered = SCAN, live = {}, spec = {}, kind = 'ClusterConfigTemplate', gate = false } = given;
  const { secrets = new SecretValues() } = given;
  const cluster = new SimulatedCluster();
  if (gate) cluster.currentKinds.add('StatusThing');
  cluster.put(template('ClusterRunTemplate', 'makes-secrets', { template: SECRET }));
  const owner = cluster.put(workload('shop'));
  const stamping = stampObject(rendered, owner, {});
  if (stamping.kind === 'faulty') throw new Error(stamping.message);
  const { object: desired } = stamping.stamped;
  const object = { ...desired, metadata: { ...desired.metadata, generation: 2 }, ...live } as KubeObject;
  const standing: Standing =
    how === 'halted'
      ? { kind: 'halted', object, type: TYPE, message: 'stopped', restMs: 7_000 }
      : { kind: 'stands', object, type: TYPE, events: [], remember: [], ...(how === 'runs' ? { runs: [object] } : {}) };
  const realized = readStood({
    pass: {
      kind: workloadOwner,
      owner,
      blueprint: chain('web', []),
      blueprintParams: undefined,
      asks: new Asks(cluster.begin().cluster),
      outputs: new Map(),
      held: new Map(),
      taken: new Map(),
      secrets,
    },
    resource: RESOURCE,
    template: template(kind, 't', { configPath: '.spec.image', ...spec }),
    inputs: { sources: {}, images: {}, configs: {}, deployment: { url: 'u', revision: 'r' } },
    stamping,
    standing,
  });
  if (realized === undefined) throw new Error('it waits');
  return realized;
}

const nothing = { kind: 'nothing' };
const observed = { status: { observedGeneration: 2 } };

describe('a gate', () => {
  test('that is stopped hands nothing on, holds those behind it, and says which object it is', () => {
    expect(read('halted', { gate: true, live: observed })).toMatchObject({
      stamped: { object: { metadata: { name: 'shop' } }, type: TYPE },
      output: nothing,
      failure: { kind: 'halted', restMs: 7_000 },
      holds: 'waits for step [scan], which is failed: resource [scan] stopped',
    });
  });

  test('hands on what its object says once that is of the generation that stands there', () => {
    expect(read('stands', { gate: true, live: observed })).toMatchObject({
      output: { config: 'one' },
      failure: undefined,
    });
    for (const observedGeneration of [undefined, 1, 3, '2']) {
      expect(read('stands', { gate: true, live: { status: { observedGeneration } as JsonObject } })).toMatchObject({
        output: nothing,
        failure: { kind: 'output', failure: { kind: 'notObserved' } },
        holds: expect.stringContaining('to observe generation 2') as string,
      });
    }
  });

  test('that is changed in place is not mistrusted where the server writes its fields otherwise', () => {
    const live = { ...observed, spec: { image: 'One' } };
    expect(read('stands', { gate: true, live }).output).toEqual({ kind: 'config', config: 'One' });
    expect(read('runs', { gate: true, live })).toMatchObject({
      output: nothing,
      holds: expect.stringContaining('is not as the template makes it: spec.image: "One" ↔ "one"') as string,
    });
  });

  test('whose output is missing holds those behind it', () => {
    expect(read('stands', { gate: true, live: observed, spec: { configPath: '.none' } })).toMatchObject({
      output: nothing,
      failure: { kind: 'output', failure: { kind: 'path' } },
      holds: expect.stringMatching(/^waits for step \[scan\], which is \w+: /) as string,
    });
  });
});

describe('any other step', () => {
  test('hands on what its object says, whatever its controller has observed, and holds nobody', () => {
    expect(read('stands')).toMatchObject({ output: { config: 'one' }, failure: undefined });
    const { failure, holds } = read('stands', { spec: { configPath: '.none' } });
    expect([failure?.kind, holds]).toEqual(['output', undefined]);
  });

  test('that is stopped goes on handing on what its object says, and hides what is a Secret', () => {
    expect(read('halted')).toMatchObject({ output: { config: 'one' }, isSecret: false, failure: { kind: 'halted' } });
    const spec = { configPath: '.stringData.a' };
    expect(read('halted', { rendered: SECRET, spec })).toMatchObject({
      output: { config: 'hunter22' },
      isSecret: true,
    });
  });
});

describe('texts after a step was read', () => {
  const after = (how: 'stands' | 'halted', given: Given, text: string): string => {
    const secrets = new SecretValues();
    read(how, { ...given, secrets });
    return secrets.redact(text);
  };

  test.each(['stands', 'halted'] as const)('tell nothing that a Secret holds (%s)', (how) => {
    const given = { rendered: SECRET, spec: { configPath: '.stringData.a' } };
    expect(after(how, given, 'hunter22 and other333')).toBe('[redacted] and [redacted]');
  });

  test('tell nothing that a Runnable hands on from a Secret', () => {
    const runnable = {
      ...configMap('r', {}),
      apiVersion: 'carto.run/v1alpha1',
      kind: 'Runnable',
      spec: { runTemplateRef: { name: 'makes-secrets' } },
    };
    const given = { rendered: runnable, live: { status: { outputs: { v: 'hunter22' } } } };
    expect(after('stands', { ...given, spec: { configPath: '.status.outputs.v' } }, 'it is hunter22')).toBe(
      'it is [redacted]',
    );
  });

  test('tell what other objects hand on', () => {
    expect(
      after('stands', { rendered: configMap('c', { a: 'plain' }), spec: { configPath: '.data.a' } }, 'plain'),
    ).toBe('plain');
  });

  test('tell of an output that cannot be read without the values', () => {
    const spec = { observedMatches: [{ input: '.stringData.a', output: '.stringData.b' }] };
    const { failure } = read('stands', { rendered: SECRET, kind: 'ClusterDeploymentTemplate', spec });
    expect(JSON.stringify(failure)).toMatch(/\[redacted\] != \[redacted\]/);
  });
});
