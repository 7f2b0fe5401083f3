import { hash } from 'node:crypto';
import { carto } from '@cartographer/api';
import { type Client, systemClock } from '@cartographer/kube';
import { getPath, isList, type KubeObject } from '@cartographer/machinery';
import { arrivals, type Route, watchObject } from './route.ts';
import { type BenchStage, CONFIG_MAPS } from './stage.ts';

const REST_MS = 40;

/**
 * The floor: the least that any controller can do. Waits for the signal's watch event, then for each object's, and
 * applies the next object, as large as ours and as the same account. The signal is a template that nothing uses.
 */
export async function bareChain(
  { client, account, apply }: BenchStage,
  length: number,
  signal: AbortSignal,
): Promise<Route> {
  await apply(SIGNAL);
  const key = { name: 'signal' };
  const { metadata } = await client.get(carto.kinds.ClusterTemplate, key);
  const put = (index: number, value: unknown): void => {
    if (typeof value === 'string') void applyBare(account, `bare-${index}`, value, metadata.uid ?? '');
  };
  watchObject(client, carto.kinds.ClusterTemplate, 'signal', signal, (object) => {
    const params = getPath(object, 'spec', 'params');
    put(0, isList(params) ? getPath(params[0], 'default') : undefined);
  });
  for (let index = 0; index < length - 1; index += 1) {
    watchObject(client, CONFIG_MAPS, `bare-${index}`, signal, (object) =>
      put(index + 1, getPath(object, 'data', 'value')),
    );
  }
  return {
    arrival: arrivals(client, `bare-${length - 1}`, 'value', signal),
    rested: () => systemClock.sleep(REST_MS),
    send: (value) =>
      client.patch(carto.kinds.ClusterTemplate, key, {
        kind: 'merge',
        body: { spec: { params: [{ name: 'value', default: value }] } },
      }),
  };
}

/** One hop: an object changes, and the next one is applied. */
export async function bareHop({ client, account, apply }: BenchStage, signal: AbortSignal): Promise<Route> {
  await apply(SIGNAL);
  const { metadata } = await client.get(carto.kinds.ClusterTemplate, { name: 'signal' });
  const put = (name: string, value: string): Promise<KubeObject> => applyBare(account, name, value, metadata.uid ?? '');
  await put('bare-cause', 'start');
  watchObject(client, CONFIG_MAPS, 'bare-cause', signal, (object) => {
    const value = getPath(object, 'data', 'result');
    if (typeof value === 'string') void put('bare-effect', value);
  });
  return {
    arrival: arrivals(client, 'bare-effect', 'value', signal),
    rested: () => systemClock.sleep(REST_MS),
    send: (result) => setResult(client, 'bare-cause', result),
  };
}

/** What a build does when it is done: it writes its result into the object that asked for it. */
export function setResult(client: Client, name: string, result: string): Promise<KubeObject> {
  return client.patch(CONFIG_MAPS, { namespace: 'default', name }, { kind: 'merge', body: { data: { result } } });
}

const SIGNAL = `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: signal}
spec:
  params: [{name: value, default: start}]
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: never}}
`;

/** Applies what a step of a chain stamps, under labels that mean nothing. */
export function applyBare(client: Client, name: string, value: string, uid: string): Promise<KubeObject> {
  const labels = {
    'bare.run/workload-name': 'app',
    'bare.run/workload-namespace': 'default',
    'bare.run/supply-chain-name': 'chain',
    'bare.run/resource-name': 'step',
    'bare.run/template-kind': 'ClusterConfigTemplate',
    'bare.run/cluster-template-name': 'step',
    'bare.run/template-lifecycle': 'mutable',
  };
  const owner = { apiVersion: 'carto.run/v1alpha1', kind: 'ClusterTemplate', name: 'signal', uid };
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: 'default',
      labels,
      annotations: { 'bare.run/stamp-digest': hash('sha256', value) },
      ownerReferences: [{ ...owner, controller: true }],
    },
    data: { value },
  };
  return client.apply(CONFIG_MAPS, object, { fieldManager: 'bare', force: true });
}
