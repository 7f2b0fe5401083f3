import { toYaml, type WireRequest } from '@cartographer/machinery';
import { goldenCrds } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { controllerWrites, createStage, workload } from './testing/stage.ts';

const CHAIN = `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: thing}
spec:
  template:
    apiVersion: golden.test/v1
    kind: Thing
    metadata: {name: $(workload.metadata.name)$}
    spec: {a: b}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: things}
spec:
  selector: {chain: things}
  resources:
  - name: thing
    templateRef: {kind: ClusterTemplate, name: thing}
`;

it('a kind whose discovery lags behind its definition is stamped all the same', async () => {
  await using stage = await createStage();
  await stage.restart();
  await stage.apply(CHAIN);
  await stage.apply(workload('app', 'things'));
  await stage.settled();
  expect(await stage.ready('Workload', 'app')).toBe('False TemplateRejectedByAPIServer');

  const discovery = '/apis/golden.test/v1';
  const heal = stage.faults.inject({
    when: ({ path }) => path === discovery,
    times: Number.POSITIVE_INFINITY,
    fault: { kind: 'status', code: 404 },
  });
  for (const definition of goldenCrds()) await stage.apply(toYaml(definition));
  await stage.settled();
  expect(await stage.ready('Workload', 'app')).toBe('False TemplateRejectedByAPIServer');

  heal();
  await stage.clock.advance(3_000);
  await stage.settled();
  expect(await stage.ready('Workload', 'app')).toBe('True Ready');
});

it('who misses a kind does not ask for it for ever', async () => {
  await using stage = await createStage();
  await stage.restart();
  await stage.apply(CHAIN.replaceAll('Thing', 'Nothing'));
  await stage.apply(workload('app', 'things'));
  for (const definition of goldenCrds()) await stage.apply(toYaml(definition));
  await stage.settled();
  await stage.clock.advance(60_000);
  await stage.settled();
  const before = stage.faults.requests.filter(({ path }) => path === '/apis/golden.test/v1').length;
  await stage.clock.advance(600_000);
  await stage.settled();
  expect(stage.faults.requests.filter(({ path }) => path === '/apis/golden.test/v1').length).toBe(before);
});

it('a kind whose storage is about to be ready is waited for, and nobody is told', async () => {
  await using stage = await createStage();
  for (const definition of goldenCrds()) await stage.apply(toYaml(definition));
  await stage.restart();
  await stage.settled();
  const starting = { kind: 'status', code: 429, message: 'storage is (re)initializing', retryAfterSeconds: 1 } as const;
  const isRead = ({ method, path }: WireRequest): boolean => method === 'GET' && path === '/apis/golden.test/v1/things';
  stage.faults.inject({ when: isRead, times: 3, fault: starting });
  await stage.apply(CHAIN);
  await stage.apply(workload('app', 'things'));
  await stage.settled();
  expect(stage.faults.hits).toBe(3);
  expect(await stage.ready('Workload', 'app')).toBe('True Ready');
  expect(controllerWrites(stage.audit).filter((line) => line.includes('workloads/app'))).toEqual([
    'apply workloads/app/status',
  ]);
});
