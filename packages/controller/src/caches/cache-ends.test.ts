import { watches } from '@cartographer/testkit';
import { expect, test } from 'vitest';
import { gizmoChain, gizmoCrd } from '../testing/gizmos.ts';
import { controllerWrites, createStage, type Stage, workload } from '../testing/stage.ts';
import { LINGER_MS } from './cache-holders.ts';

/** The collections that the controller watches now, of those that are stamped or selected: `gizmos v1`. */
async function watched(stage: Stage): Promise<readonly string[]> {
  await stage.settled();
  const since = stage.faults.requests.length;
  await stage.clock.advance(60_000); // each watch is opened anew within this time
  await stage.settled();
  const found = stage.faults.requests.slice(since).flatMap((request) => {
    const { version, resource } =
      /\/(?<version>v[^/]+)\/(?:namespaces\/[^/]+\/)?(?<resource>gizmos|configmaps)$/.exec(request.path)?.groups ?? {};
    const selector = String(request.query?.['labelSelector']).replace(/^carto\.run\/(resource|runnable)-name$/, '');
    return watches(request) && resource !== undefined ? [`${resource} ${version} ${selector}`.trim()] : [];
  });
  return [...new Set(found)].toSorted();
}

async function createGizmoStage(): Promise<Stage> {
  const stage = await createStage({ crds: [gizmoCrd()] });
  await stage.restart();
  return stage;
}

const configMaps = (chain: string): string =>
  chain.replace('gizmo.test/v1', 'v1').replace('Gizmo', 'ConfigMap').replace('spec: {a: 1}', 'data: {}');

test('a kind is watched as long as a template stamps it', async () => {
  await using stage = await createGizmoStage();
  await stage.apply(gizmoChain('web', 'v1') + '---' + workload('a', 'web'));
  expect(await watched(stage)).toEqual(['gizmos v1']);
  await stage.apply(configMaps(gizmoChain('web', 'v1')));
  await stage.settled();
  await stage.clock.advance(LINGER_MS);
  expect(await watched(stage)).toEqual(['configmaps v1']);
  await stage.apply(gizmoChain('web', 'v1beta1'));
  await stage.settled();
  await stage.clock.advance(LINGER_MS);
  expect(await watched(stage)).toEqual(['gizmos v1beta1']);
});

test('a kind is watched until its last owner goes, however many there were', async () => {
  await using stage = await createGizmoStage();
  await stage.apply(gizmoChain('web', 'v1') + '---' + workload('a', 'web') + '---' + workload('b', 'web'));
  await stage.settled();
  await stage.delete('Workload', 'a');
  await stage.settled();
  await stage.clock.advance(LINGER_MS);
  expect(await watched(stage)).toEqual(['gizmos v1']);
  await stage.delete('Workload', 'b');
  await stage.settled();
  await stage.clock.advance(LINGER_MS);
  expect(await watched(stage)).toEqual([]);
});

test('an owner that comes back finds what it missed', async () => {
  await using stage = await createGizmoStage();
  await stage.apply(gizmoChain('web', 'v1') + '---' + workload('a', 'web'));
  await stage.settled();
  await stage.delete('Workload', 'a');
  await stage.settled();
  await stage.clock.advance(LINGER_MS * 2);
  expect(await watched(stage)).toEqual([]);
  await stage.apply(workload('a', 'web'));
  await stage.settled();
  const since = stage.audit.length;
  await stage.delete('Gizmo', 'a');
  await stage.settled();
  expect(controllerWrites(stage.audit, since).filter((line) => line.includes('gizmos'))).toEqual(['apply gizmos/a']);
});

test('an owner that is made anew at once does not have its kind listed again', async () => {
  await using stage = await createGizmoStage();
  await stage.apply(gizmoChain('web', 'v1') + '---' + workload('a', 'web'));
  await stage.settled();
  const since = stage.faults.requests.length;
  await stage.delete('Workload', 'a');
  await stage.settled();
  await stage.apply(workload('a', 'web'));
  await stage.settled();
  const lists = stage.faults.requests
    .slice(since)
    .filter((request) => request.path.endsWith('/gizmos') && !watches(request));
  expect(lists).toEqual([]);
});

test('an orphan that could not be deleted is not forgotten with its kind', async () => {
  await using stage = await createGizmoStage();
  await stage.apply(gizmoChain('web', 'v1') + '---' + workload('a', 'web'));
  await stage.settled();
  const allow = stage.faults.inject({
    when: ({ method, path }) => method === 'DELETE' && path.endsWith('/gizmos/a'),
    times: Number.POSITIVE_INFINITY,
    fault: { kind: 'status', code: 403, reason: 'Forbidden', message: 'not now' },
  });
  await stage.apply(configMaps(gizmoChain('web', 'v1')));
  await stage.settled();
  await stage.clock.advance(LINGER_MS * 2);
  expect(await watched(stage)).toEqual(['configmaps v1', 'gizmos v1']);
  allow();
  await stage.clock.advance(60_000);
  await stage.settled();
  expect(await stage.get('Gizmo', 'a')).toBeUndefined();
  await stage.clock.advance(LINGER_MS);
  expect(await watched(stage)).toEqual(['configmaps v1']);
});

test('what a Runnable selects is watched as long as it selects that', async () => {
  await using stage = await createGizmoStage();
  const runnable = (chosen: string): string => `
apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: r, namespace: default}
spec:
  runTemplateRef: {name: run}
  selector: {resource: {apiVersion: gizmo.test/v1, kind: Gizmo}, matchingLabels: {chosen: ${chosen}}}
`;
  await stage.apply(`
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: run}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {generateName: run-}, data: {from: $(selected.metadata.name)$}}
---
${['one', 'two'].map((name) => `{apiVersion: gizmo.test/v1, kind: Gizmo, metadata: {name: ${name}, namespace: default, labels: {chosen: ${name}}}}`).join('\n---\n')}
`);
  await stage.apply(runnable('one'));
  await stage.settled();
  expect(await watched(stage)).toEqual(['configmaps v1', 'gizmos v1 chosen=one']);
  await stage.apply(runnable('two'));
  await stage.settled();
  await stage.clock.advance(LINGER_MS);
  expect(await watched(stage)).toEqual(['configmaps v1', 'gizmos v1 chosen=two']);
  const since = stage.audit.length;
  for (const chosen of ['one', 'two']) {
    await stage.apply(runnable(chosen));
    await stage.settled();
  }
  expect(controllerWrites(stage.audit, since).filter((line) => line.startsWith('create'))).toEqual([]);
  await stage.delete('Runnable', 'r');
  await stage.settled();
  await stage.clock.advance(LINGER_MS);
  expect(await watched(stage)).toEqual([]);
});
