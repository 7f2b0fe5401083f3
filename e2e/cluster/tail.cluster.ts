import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crds } from '@cartographer/api';
import { createHttpTransport, loadKubeconfig, systemClock } from '@cartographer/kube';
import { type KubeObject, parseYamlDocuments } from '@cartographer/machinery';
import {
  applyObjects,
  type FaultProxy,
  type LogKubelet,
  startCluster,
  startFaultProxy,
  startLogKubelet,
  type TestCluster,
  writeProgram,
} from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommandLine } from '../../packages/cli/src/command-line.ts';
import { testSurroundings } from '../../packages/cli/src/frame/testing/test-surroundings.ts';
import { at, podYaml, WORKLOAD } from '../../packages/cli/src/logs/testing/pods.ts';

let cluster: TestCluster;
let kubelet: LogKubelet;
let proxy: FaultProxy;
beforeAll(async () => {
  cluster = await startCluster({ objects: crds(), users: [{ name: 'dev', groups: [] }] });
  kubelet = await startLogKubelet();
  proxy = await startFaultProxy(Number(new URL(cluster.url).port));
  await make(`
apiVersion: v1
kind: Node
metadata: {name: here}
status:
  addresses: [{type: InternalIP, address: 127.0.0.1}]
  daemonEndpoints: {kubeletEndpoint: {Port: ${kubelet.port}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: looks, namespace: default}
rules:
- {apiGroups: [carto.run], resources: [workloads], verbs: [get, list]}
- {apiGroups: [""], resources: [pods], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: looks, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: looks}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: dev}]
---
${WORKLOAD}
---
${podYaml({ name: 'shop-test-pod', step: 'test' }).replace('spec: {', 'spec: {nodeName: here, ')}
`);
});
afterAll(async () => {
  await proxy.close();
  await kubelet.close();
  await cluster.stop();
});

async function make(yaml: string): Promise<void> {
  const objects = parseYamlDocuments(yaml).map((document) => document as KubeObject);
  await applyObjects(cluster.client, systemClock, objects);
  for (const { apiVersion, kind, metadata, status } of objects) {
    if (status === undefined) continue;
    const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    const type = { group, version, kind, resource: `${kind.toLowerCase()}s`, namespaced: kind !== 'Node' };
    const { name = '', namespace } = metadata;
    const key = { name, ...(namespace === undefined ? {} : { namespace }) };
    await cluster.client.patch(type, key, { kind: 'merge', body: { status }, subresource: 'status' });
  }
}

/** `carto` as a user, through the proxy. */
function carto(user: string, ...args: readonly string[]) {
  const access = loadKubeconfig({ env: {}, path: cluster.kubeconfig(user), clock: systemClock });
  const transport = createHttpTransport({ ...access, server: `https://127.0.0.1:${proxy.port}` });
  const interrupt = new AbortController();
  const surroundings = testSurroundings({ transport, interrupt });
  const run = async (): Promise<void> => {
    await runCommandLine(['node', 'carto', ...args], surroundings);
    await transport.close();
  };
  const ended = run();
  return { terminal: surroundings.terminal, ended, interrupt };
}

const KEY = 'default/shop-test-pod/main';

describe('carto tail on a real server', () => {
  test('follows the log of a kubelet over cut connections, with no line lost or doubled', async () => {
    const lines = Array.from({ length: 30 }, (_, line) => `line ${line}`);
    const timeOf = (line: number): string => new Date(Date.parse(at(0)) + line * 250).toISOString();
    const put = (from: number, to: number): void =>
      lines.slice(from, to).forEach((line, index) => kubelet.write(KEY, timeOf(from + index), line));
    put(0, 10);
    const { terminal, ended, interrupt } = carto('admin', 'tail', 'shop', '--lines', 'all');
    const shown = (): readonly string[] => terminal.written().trimEnd().split('\n');
    await expect.poll(shown, { timeout: 60_000 }).toHaveLength(10);
    proxy.resetAll();
    put(10, 20);
    await expect.poll(shown, { timeout: 60_000 }).toHaveLength(20);
    proxy.endAll();
    put(20, 30);
    await expect.poll(shown, { timeout: 60_000 }).toHaveLength(30);
    interrupt.abort();
    await ended;
    expect(shown()).toEqual(lines.map((line) => `test shop-test-pod[main] ${line}`));
    expect(terminal.exitCode).toBe(130);
  });

  test('says once that this user may not read logs', async () => {
    const { terminal, ended } = carto('dev', 'tail', 'shop', '--no-follow');
    await ended;
    expect(terminal.told()).toBe('you may not read logs in default: ask for the right to get pods/log\n');
    expect(terminal.exitCode).toBe(1);
  });

  test('says what a server says of a log of a start that there was not', async () => {
    await make(podYaml({ name: 'shop-1-x', step: 'app', states: '' }).replace('spec: {', 'spec: {nodeName: here, '));
    const { terminal, ended } = carto('admin', 'tail', 'shop', '--no-follow', '--step', 'app');
    await ended;
    expect(terminal.told()).toContain('workload default/shop has no log yet');
    expect(terminal.exitCode).toBe(3);
  });
});

test('kubectl completes what comes after its plugin carto', async () => {
  const bin = join(cluster.folder, 'bin');
  await promisify(execFile)('mkdir', ['-p', bin]);
  const main = join(import.meta.dirname, '../../packages/cli/src/main.ts');
  writeProgram(join(bin, 'kubectl-carto'), `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`);
  writeProgram(join(bin, 'kubectl_complete-carto'), `#!/bin/sh\nexec ${process.execPath} ${main} __complete "$@"\n`);
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    KUBECONFIG: cluster.kubeconfig(),
    CARTO_COMPLETION_TIMEOUT: '60s',
  };
  const complete = async (...words: readonly string[]): Promise<string> =>
    (await promisify(execFile)(cluster.programs.pathOf('kubectl'), ['__complete', 'carto', ...words], { env })).stdout;
  expect(await complete('tail', '')).toBe('shop\ndeliverable/\nrunnable/\n:4\n');
  expect(await complete('tail', 'shop', '--step', 't')).toBe('test\n:4\n');
  expect(await complete('scan', '')).toBe(':16\n');
});
