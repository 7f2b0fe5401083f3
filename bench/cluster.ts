import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crds } from '@cartographer/api';
import { type ApiServer, type AuditEntry, createApiServer } from '@cartographer/apiserver';
import { type RunningController, startController } from '@cartographer/controller';
import {
  type Client,
  createClient,
  createHttpTransport,
  createInProcessTransport,
  createRestMapper,
  loadKubeconfig,
  systemClock,
} from '@cartographer/kube';
import { type KubeObject, parseYamlDocuments, silentLog, type Transport } from '@cartographer/machinery';
import { grantedAccountYaml } from '@cartographer/testkit';

/** An embedded server for a benchmark, with a count of the requests it got. */
export type BenchCluster = {
  readonly server: ApiServer;
  readonly client: Client;
  readonly requests: { reads: number; writes: number };
  /** The client of what is measured. */
  readonly measured: Client;
  apply(yaml: string): Promise<void>;
  startController(): RunningController;
  close(): Promise<void>;
};

const READS = new Set(['get', 'list']);

/** Starts one, in memory; over HTTPS, or by calls in this process. */
export async function startCluster(
  access: 'in process' | 'https' = 'in process',
  customResources: readonly KubeObject[] = crds(),
): Promise<BenchCluster> {
  const requests = { reads: 0, writes: 0 };
  const audit = ({ verb, userAgent, objectRef }: AuditEntry): void => {
    if (userAgent !== 'controller' || verb === 'watch' || objectRef?.subresource === 'token') return;
    if (READS.has(verb)) requests.reads += 1;
    else if (objectRef?.resource !== 'events') requests.writes += 1;
  };
  const server = await createApiServer({
    customResources,
    clock: systemClock,
    log: silentLog,
    audit,
  });
  const transport =
    access === 'https'
      ? await httpsTransport(server)
      : createInProcessTransport((request) => server.request(request), server.adminToken);
  const client = createClient({ transport, clock: systemClock, userAgent: 'bench' });
  const mapper = createRestMapper({ client, clock: systemClock });
  const measured = createClient({ transport, clock: systemClock, userAgent: 'controller' });
  return {
    server,
    client,
    measured,
    requests,
    async apply(yaml) {
      for (const document of parseYamlDocuments(yaml)) {
        const object = document as KubeObject;
        await client.apply(await mapper.resourceFor(object), object, { fieldManager: 'bench', force: true });
      }
    },
    startController: () =>
      startController({
        client: measured,
        clock: systemClock,
        log: silentLog,
      }),
    async close() {
      await transport.close();
      await server.close();
    },
  };
}

/** As a client outside the process has it: TLS, keep-alive, JSON there and back. */
export async function httpsTransport(server: ApiServer): Promise<Transport> {
  const { url } = await server.listen({ port: 0 });
  const folder = await mkdtemp(join(tmpdir(), 'carto-bench-'));
  try {
    const path = join(folder, 'kubeconfig');
    await writeFile(path, server.kubeconfig(url), { mode: 0o600 });
    return createHttpTransport(loadKubeconfig({ env: {}, path, clock: systemClock }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Waits until the controller has been idle, with nothing written, for a while. */
export async function untilQuiet(
  cluster: BenchCluster,
  controller: Pick<RunningController, 'isIdle'>,
  quietMs = 300,
): Promise<void> {
  let sinceMs = performance.now();
  let writes = -1;
  while (performance.now() - sinceMs < quietMs) {
    await systemClock.sleep(20);
    if (!controller.isIdle() || cluster.requests.writes !== writes) sinceMs = performance.now();
    writes = cluster.requests.writes;
  }
}

/** The account that chains act as. */
export const ACCOUNT = grantedAccountYaml('default');

/** A chain of ConfigMaps: each but the first copies the value of the one before it. */
export function chainOfConfigMaps(length: number): string {
  const steps = Array.from({ length }, (_, index) => index);
  const templates = steps.map(
    (index) => `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: step-${index}}
spec:
  configPath: .data.value
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$-${index}}
    data: {value: ${index === 0 ? '$(params.value)$' : '$(config)$'}}
`,
  );
  const resources = steps.map((index) => {
    const configs = index === 0 ? '' : `, configs: [{name: config, resource: step-${index - 1}}]`;
    return `  - {name: step-${index}, templateRef: {kind: ClusterConfigTemplate, name: step-${index}}${configs}}`;
  });
  return `${templates.join('---')}---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: chain}
spec:
  selector: {chain: bench}
  resources:
${resources.join('\n')}
`;
}

/** A workload of that chain. */
export function workloadYaml(name: string, value: string): string {
  return `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: ${name}, namespace: default, labels: {chain: bench}}
spec: {params: [{name: value, value: ${JSON.stringify(value)}}]}
`;
}
