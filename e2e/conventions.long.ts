import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carto as kinds } from '@cartographer/api';
import { CONVENTIONS_API_VERSION, conventionsKinds, type PodIntentStatus } from '@cartographer/conventions';
import { systemClock as clock, createRestMapper } from '@cartographer/kube';
import { isTrue, type JsonObject, type KubeObject, parseYamlDocuments } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { type AuditEntry, type CartoProcess, readAudit, startCarto, until } from './carto-process.ts';
import { POD_CHAIN } from './pod-chain.ts';

/** A chain that completes a pod and hands it on, for images that are there already. */
const CHAIN = `${POD_CHAIN}apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: chain, namespace: default}
rules:
- {apiGroups: [conventions.carto.run], resources: [podintents], verbs: [get, list, watch, create, patch, delete]}
- {apiGroups: [""], resources: [configmaps], verbs: [get, list, watch, create, patch, delete]}
---
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: pod}
spec:
  configPath: .status.template
  healthRule: {singleConditionType: Ready}
  template:
    apiVersion: conventions.carto.run/v1alpha1
    kind: PodIntent
    metadata: {name: $(workload.metadata.name)$, labels: $(workload.metadata.labels)$}
    spec:
      template:
        metadata: {labels: $(workload.metadata.labels)$}
        spec: {containers: [{name: app, image: $(workload.spec.image)$}]}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: release}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data: $(config.metadata.labels)$
`;
const APPS = ['red-1', 'red-2', 'red-3', 'blue-1', 'blue-2'] as const;
const RED = APPS.slice(0, 3);
const image = `registry.example.com/app@sha256:${'a'.repeat(64)}`;
const teamOf = (name: string): string => name.replace(/-\d$/, '');
const workload = (name: string): KubeObject => ({
  apiVersion: 'carto.run/v1alpha1',
  kind: 'Workload',
  metadata: { name, namespace: 'default', labels: { kind: 'pod', team: teamOf(name) } },
  spec: { image },
});
const convention = (note: string, spec: JsonObject = {}): KubeObject => ({
  apiVersion: CONVENTIONS_API_VERSION,
  kind: 'ClusterPodConvention',
  metadata: { name: 'noted' },
  spec: {
    selectors: [{ matchLabels: { team: 'red' } }],
    rules: [{ name: 'note', apply: { metadata: { labels: { note } } }, onConflict: 'Override' }],
    ...spec,
  },
});

/** Who was written since: `podintents/status red-1`, each as often as it was. */
function moved(entries: readonly AuditEntry[]): readonly string[] {
  return entries
    .filter(({ verb, userAgent, responseStatus: { code } }) => {
      const isWrite = ['apply', 'create', 'update', 'patch', 'delete'].includes(verb);
      return isWrite && code < 300 && userAgent?.startsWith('carto-') === true;
    })
    .flatMap(({ objectRef: { resource = '', subresource, name = '' } = {} }) => {
      const what = `${resource}${subresource === undefined ? '' : `/${subresource}`}`;
      return /^(?:podintents|configmaps)/.test(what) ? [`${what} ${name}`] : [];
    })
    .toSorted();
}

describe('conventions in carto up', () => {
  it('that are registered, changed and removed move the workloads that they fit, once, and no others', {
    timeout: 240_000,
  }, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'carto-conventions-'));
    const carto = await startCarto(dataDir, ['--no-example', '--no-laptop']);
    const mapper = createRestMapper({ client: carto.client, clock });
    const apply = async (object: KubeObject): Promise<unknown> =>
      carto.client.apply(await mapper.resourceFor(object), object, { fieldManager: 'test', force: true });
    try {
      for (const document of parseYamlDocuments(CHAIN)) await apply(document as KubeObject);
      for (const name of APPS) await apply(workload(name));
      const noteOf = async (name: string) => {
        const { status } = await carto.client.get(conventionsKinds.PodIntent, { namespace: 'default', name });
        return (status as PodIntentStatus | undefined)?.template?.metadata?.labels?.['note'];
      };
      const settled = async (names: readonly string[], note: string | undefined, act: () => Promise<unknown>) => {
        const { length } = readAudit(dataDir);
        await act();
        await until(`${names.join(', ')} have the note ${note}`, async () => {
          const notes = await Promise.all(names.map(noteOf));
          return notes.every((each) => each === note) && (await areReady(carto));
        });
        await quiet(dataDir);
        return moved(readAudit(dataDir).slice(length));
      };
      const both = (names: readonly string[]) =>
        names.flatMap((name) => [`configmaps ${name}`, `podintents/status ${name}`]).toSorted();

      await settled(APPS, undefined, () => Promise.resolve());
      expect(await settled(RED, 'one', () => apply(convention('one')))).toEqual(both(RED));
      expect(await settled(RED, 'two', () => apply(convention('two')))).toEqual(both(RED));
      // What gives the same result is published nowhere.
      expect(await settled(RED, 'two', () => apply(convention('two', { priority: 'Late' })))).toEqual([]);
      const key = { name: 'noted' };
      expect(
        await settled(RED, undefined, () => carto.client.delete(conventionsKinds.ClusterPodConvention, key)),
      ).toEqual(both(RED));
    } finally {
      await carto.end('SIGINT');
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});

async function areReady({ client }: CartoProcess): Promise<boolean> {
  const { items } = await client.list(kinds.kinds.Workload, { namespace: 'default' });
  const ready = items.filter(({ status }) => {
    const { conditions } = (status ?? {}) as { conditions?: Parameters<typeof isTrue>[0] };
    return isTrue(conditions, 'Ready');
  });
  return ready.length === APPS.length;
}

/** Until nothing was written for a while. */
async function quiet(dataDir: string): Promise<void> {
  for (let before = -1; before !== moved(readAudit(dataDir)).length; ) {
    before = moved(readAudit(dataDir)).length;
    await clock.sleep(1_500);
  }
}
