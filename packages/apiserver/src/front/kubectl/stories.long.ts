import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type KubeObject, parseYamlDocuments, silentLog, type WireRequest } from '@cartographer/machinery';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type ApiServer, createApiServer } from '../../api-server.ts';
import { WIDGET_CRD } from './testing/fixtures.ts';
import { splitArguments } from './testing/play-chapter.ts';
import { realClock } from './testing/real-clock.ts';
import { createKubectl, findKubectl, type Kubectl } from './testing/runner.ts';
import { type Step, stories } from './testing/stories.ts';

const path = findKubectl();
const title = path === undefined ? 'real kubectl (skipped: there is no kubectl on the PATH)' : 'real kubectl';

describe.skipIf(path === undefined)(title, () => {
  let server: ApiServer;
  let folder: string;
  let kubectl: Kubectl;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'carto-kubectl-'));
    const customResources = parseYamlDocuments(WIDGET_CRD) as unknown as readonly KubeObject[];
    server = await createApiServer({ clock: realClock, log: silentLog, customResources });
    const { url } = await server.listen({ port: 0 });
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, server.kubeconfig(url), { mode: 0o600 });
    kubectl = createKubectl(path ?? '', folder, kubeconfig);
  });
  afterAll(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  function call(method: WireRequest['method'], where: string, body?: WireRequest['body'], type = 'application/json') {
    return server.request({
      method,
      path: where,
      headers: { authorization: `Bearer ${server.adminToken}`, 'content-type': type },
      ...(body === undefined ? {} : { body }),
    });
  }

  async function play(step: Step, namespace: string): Promise<void> {
    const fill = (text: string): string => text.replaceAll('NS', namespace);
    const args = splitArguments(fill(step.run));
    const result = await kubectl.run(['-n', namespace, ...args], {
      ...(step.stdin === undefined ? {} : { stdin: fill(step.stdin) }),
      ...(step.editor === undefined ? {} : { env: { KUBE_EDITOR: step.editor } }),
    });
    const shown = `kubectl ${args.join(' ')}\n${result.out}${result.err}`;
    expect(`${shown}\nexit code ${result.code}`).toContain(`exit code ${step.code ?? 0}`);
    for (const wanted of [step.out ?? []].flat()) expect(result.out, shown).toMatch(pattern(wanted, fill));
    for (const wanted of [step.err ?? []].flat()) expect(result.err, shown).toMatch(pattern(wanted, fill));
  }

  test.concurrent.each(stories)('$name', async ({ name, steps }) => {
    const namespace = `t-${name
      .replaceAll(/[^a-z0-9]+/g, '-')
      .slice(0, 40)
      .replace(/-$/, '')}`;
    await call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    for (const step of steps) await play(step, namespace);
  });

  test.concurrent('get -w prints each change as a row, columns once', async () => {
    await call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 't-follow' } });
    const widgets = '/apis/proto.test/v1/namespaces/t-follow/widgets';
    const widget = { apiVersion: 'proto.test/v1', kind: 'Widget', metadata: { name: 'w1' }, spec: { size: 1 } };
    await call('POST', widgets, widget);
    const out = await kubectl.follow(['-n', 't-follow', 'get', 'widgets', '-w'], /w1 +3[\s\S]*w2 +7/, async () => {
      await call('PATCH', `${widgets}/w1`, { spec: { size: 3 } }, 'application/merge-patch+json');
      await call('POST', widgets, { ...widget, metadata: { name: 'w2' }, spec: { size: 7 } });
    });
    expect(out.match(/NAME/g)).toHaveLength(1);
  });

  test.concurrent('wait --for=delete and a delete held by a finalizer end when the object goes', async () => {
    await call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 't-held' } });
    const maps = '/api/v1/namespaces/t-held/configmaps';
    const metadata = { name: 'held', finalizers: ['proto.test/hold'] };
    await call('POST', maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
    const deleting = kubectl.run(['-n', 't-held', 'delete', 'cm', 'held', '--timeout=15s']);
    const waiting = kubectl.run(['-n', 't-held', 'wait', '--for=delete', 'cm/held', '--timeout=15s']);
    await expect
      .poll(async () => (await call('GET', `${maps}/held`)).body)
      .toMatchObject({ metadata: { deletionTimestamp: expect.any(String) } });
    await call('PATCH', `${maps}/held`, { metadata: { finalizers: null } }, 'application/merge-patch+json');
    expect(await deleting).toMatchObject({ code: 0 });
    expect(await waiting).toMatchObject({ code: 0 });
  });
});

function pattern(wanted: string | RegExp, fill: (text: string) => string): RegExp {
  if (wanted instanceof RegExp) return new RegExp(fill(wanted.source), wanted.flags);
  return new RegExp(fill(wanted).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
}
