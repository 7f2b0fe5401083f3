import type { ControllerMetrics } from '@cartographer/runtime';
import { describe, expect, it } from 'vitest';
import { controllerWrites, createStage, type Stage, workload } from './testing/stage.ts';
import { pass } from './testing/time.ts';

type TemplateKind =
  | 'ClusterSourceTemplate'
  | 'ClusterImageTemplate'
  | 'ClusterConfigTemplate'
  | 'ClusterDeploymentTemplate'
  | 'ClusterTemplate'
  | 'ClusterRunTemplate';

/** What the spec of a template says besides what it stamps. */
const OUTPUTS: Readonly<Record<TemplateKind, string>> = {
  ClusterSourceTemplate: 'urlPath: .data.value, revisionPath: .data.value,',
  ClusterImageTemplate: 'imagePath: .data.value,',
  ClusterConfigTemplate: 'configPath: .data.value,',
  ClusterDeploymentTemplate: 'observedMatches: [{input: data.value, output: data.value}],',
  ClusterTemplate: '',
  ClusterRunTemplate: '',
};

/** A template that stamps a ConfigMap; a run has no name of its own. */
function template(kind: TemplateKind, value: string, name = 'made'): string {
  const metadata = kind === 'ClusterRunTemplate' ? '{generateName: made-}' : `{name: ${name}}`;
  return `{apiVersion: carto.run/v1alpha1, kind: ${kind}, metadata: {name: ${name}}, spec: {${OUTPUTS[kind]} template: {apiVersion: v1, kind: ConfigMap, metadata: ${metadata}, data: {value: ${value}}}}}`;
}

function blueprint(kind: 'ClusterSupplyChain' | 'ClusterDelivery', of: TemplateKind): string {
  const first = '{name: first, templateRef: {kind: ClusterSourceTemplate, name: first}}, ';
  const [before, inputs] = of === 'ClusterDeploymentTemplate' ? [first, ', deployment: {resource: first}'] : ['', ''];
  const resources = `[${before}{name: made, templateRef: {kind: ${of}, name: made}${inputs}}]`;
  return `{apiVersion: carto.run/v1alpha1, kind: ${kind}, metadata: {name: web}, spec: {selector: {chain: web}, resources: ${resources}}}`;
}

const value = async (stage: Stage): Promise<unknown> => (await stage.get('ConfigMap', 'made'))?.['data'];

describe('a template', () => {
  it.each([
    ['Workload', 'ClusterSupplyChain', 'ClusterSourceTemplate'],
    ['Workload', 'ClusterSupplyChain', 'ClusterImageTemplate'],
    ['Workload', 'ClusterSupplyChain', 'ClusterConfigTemplate'],
    ['Workload', 'ClusterSupplyChain', 'ClusterTemplate'],
    ['Deliverable', 'ClusterDelivery', 'ClusterSourceTemplate'],
    ['Deliverable', 'ClusterDelivery', 'ClusterDeploymentTemplate'],
    ['Deliverable', 'ClusterDelivery', 'ClusterConfigTemplate'],
    ['Deliverable', 'ClusterDelivery', 'ClusterTemplate'],
  ] as const)('that appears or is edited reaches each %s of a %s that names it: a %s', async (owner, chain, kind) => {
    await using stage = await createStage();
    await stage.restart();
    await stage.apply(workload('shop', 'web').replace('Workload', owner));
    await stage.apply(template('ClusterSourceTemplate', 'first', 'first'));
    await stage.apply(blueprint(chain, kind));
    await stage.settled();
    expect(await stage.ready(chain, 'web')).toBe('False TemplatesNotFound');
    expect(await stage.ready(owner, 'shop')).toBe('False TemplatesNotFound');

    await stage.apply(template(kind, 'one'));
    await stage.settled();
    expect(await stage.ready(chain, 'web')).toBe('True Ready');
    expect(await value(stage)).toEqual({ value: 'one' });

    await stage.apply(template(kind, 'two'));
    await stage.settled();
    expect(await value(stage)).toEqual({ value: 'two' });

    await stage.delete(kind, 'made');
    await stage.settled();
    expect(await stage.ready(chain, 'web')).toBe('False TemplatesNotFound');
  });

  it('of runs that appears or is edited reaches the Runnables that name it', async () => {
    await using stage = await createStage();
    await stage.restart();
    await stage.apply(
      '{apiVersion: carto.run/v1alpha1, kind: Runnable, metadata: {name: r, namespace: default}, spec: {runTemplateRef: {name: made}}}',
    );
    await stage.settled();
    const runs = () => controllerWrites(stage.audit).filter((line) => line === 'create configmaps/').length;
    expect(runs()).toBe(0);
    await stage.apply(template('ClusterRunTemplate', 'one'));
    await stage.settled();
    expect(runs()).toBe(1);
    await stage.apply(template('ClusterRunTemplate', 'two'));
    await stage.settled();
    expect(runs()).toBe(2);
  });
});

async function reconciles(metrics: ControllerMetrics): Promise<number> {
  const lines = (await metrics.expose()).text
    .split('\n')
    .filter((line) => line.startsWith('controller_runtime_reconcile_total{controller="workload"'));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

it('an owner with a stopped step looks again when anything of the platform is made, be it of no concern to it', async () => {
  await using stage = await createStage();
  const metrics = await stage.restart();
  await stage.apply(
    [
      template('ClusterTemplate', 'ours'),
      blueprint('ClusterSupplyChain', 'ClusterTemplate'),
      workload('shop', 'web'),
    ].join('\n---\n'),
  );
  await stage.settled();
  for (let i = 0; i < 12; i += 1) {
    await stage.apply(
      `{apiVersion: v1, kind: ConfigMap, metadata: {name: made, namespace: default}, data: {value: theirs${i}}}`,
    );
    await pass(stage, 200);
  }
  expect(await stage.ready('Workload', 'shop')).toBe('False TooManyWrites');

  const kinds = Object.keys(OUTPUTS) as TemplateKind[];
  const looked: string[] = [];
  for (const kind of [...kinds, 'ClusterSupplyChain', 'ClusterDelivery'] as const) {
    const before = await reconciles(metrics);
    const object =
      kind === 'ClusterSupplyChain' || kind === 'ClusterDelivery'
        ? blueprint(kind, 'ClusterTemplate').replaceAll('web', 'other')
        : template(kind, 'x', 'other');
    await stage.apply(object);
    await pass(stage, 200);
    if ((await reconciles(metrics)) > before) looked.push(kind);
  }
  expect(looked).toEqual([...kinds, 'ClusterSupplyChain', 'ClusterDelivery']);
});
