import { mkdir, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { carto, crds } from '@cartographer/api';
import { type Client, systemClock as clock, createInProcessTransport, createRestMapper } from '@cartographer/kube';
import { rfc3339, silentLog } from '@cartographer/machinery';
import { SCANNER_NAMES, scanningCrds, scanningKinds } from '@cartographer/scanning';
import { objectsIn, startEmbedded } from '@cartographer/testkit';
import { vi } from 'vitest';
import { servePodPort } from '../../../../kube/src/testing/pod-port-server.ts';
import { serveImages } from '../../../../scanning/src/scanner/inventories/testing/served-images.ts';
import { runCommandLine } from '../../command-line.ts';
import { testFolder } from '../../frame/testing/folders.ts';
import { type TestTerminalOptions, testSurroundings, testTerminal } from '../../frame/testing/test-surroundings.ts';
import { findRun, leaveWord } from '../../running/running.ts';
import { asScanner } from '../../up/controller-account.ts';
import { startScanning } from '../../up/parts/advisories.ts';

/** What a command told, and its exit code. */
type Told = { readonly code: number; readonly out: string; readonly err: string };

/** How a command is run. */
type RunOptions = TestTerminalOptions & {
  /** `laptop`: in the folder of a `carto up`; `cluster`: by a kubeconfig, with forwarded ports; or the token of somebody there. */
  readonly where?: 'laptop' | 'cluster' | { readonly token: string };
};

/** A server with a scanner, its store, and apps with scans, as `carto up` has them and as a cluster has them. */
export type FindingsStage = AsyncDisposable & {
  readonly client: Client;
  run(argv: readonly string[], options?: RunOptions): Promise<Told>;
  apply(yaml: string): Promise<void>;
  /** Makes a Workload whose image has these packages of npm, named `NAME@VERSION`, and a scan of it. */
  app(namespace: string, name: string, packages: readonly string[]): Promise<void>;
  /** Writes an advisory, and waits until the scanner has it. */
  advisory(id: string, record: object): Promise<void>;
  /** Waits until a scan has this verdict. */
  verdict(namespace: string, name: string, result: string): Promise<void>;
  /** What differs each time, by a name of it. */
  steady(text: string): string;
};

const soon = (holds: () => Promise<void>): Promise<void> => vi.waitFor(holds, { timeout: 100_000, interval: 50 });
const SYSTEM = 'cartographer-system';

/** Starts it. */
export async function stageFindings(): Promise<FindingsStage> {
  const embedded = await startEmbedded({ crds: [...crds(), ...scanningCrds()], authorization: 'RBAC' });
  const served = await serveImages();
  const folder = testFolder({});
  const { client, server } = embedded;
  const mapper = createRestMapper({ client, clock });
  const transport = createInProcessTransport((request) => server.request(request), server.adminToken);
  const scanning = await startScanning({
    client,
    transport: await asScanner({ client, mapper, clock, log: silentLog, transport }),
    clock,
    log: silentLog,
    dir: folder.dir,
    questionsPort: 0,
    hosts: { sources: served.host, images: served.host },
  });
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
  const data = join(folder.dir, 'work/.carto');
  const apply = async (yaml: string): Promise<void> => {
    for (const object of objectsIn(yaml)) {
      await client.apply(await mapper.resourceFor(object), object, { fieldManager: 'test', force: true });
    }
  };
  await soon(async () => {
    if (scanning.questions.notReady() !== undefined) throw new Error(scanning.questions.notReady());
  });
  const kubeconfig = join(folder.dir, 'kubeconfig');
  await writeFile(kubeconfig, server.kubeconfig(url));
  const { caPem } = server;
  await mkdir(data, { recursive: true });
  const takeAway = await leaveWord({
    pid: process.pid,
    server: url,
    caPem,
    kubeconfig,
    dir: data,
    startedAt: rfc3339(Date.now()),
    version: 'test',
    questions: {
      url: `https://127.0.0.1:${scanning.questions.port}`,
      serverName: `${SCANNER_NAMES.questionsService}.${SYSTEM}.svc`,
    },
  });
  const forwarding = await servePodPort({ port: scanning.questions.port, others: passOn(url, caPem) });
  await apply(scannerPod(scanning.questions.port));
  const pods = await mapper.resourceFor({ apiVersion: 'v1', kind: 'Pod' });
  const pod = await client.get(pods, { namespace: SYSTEM, name: 'scanner-1' });
  await client.updateStatus(pods, { ...pod, status: { conditions: [{ type: 'Ready', status: 'True' }] } });

  const configOf = (token: string): string => `apiVersion: v1
kind: Config
current-context: prod
clusters: [{ name: c, cluster: { server: '${forwarding.url}' } }]
users: [{ name: u, user: { token: ${token} } }]
contexts: [{ name: prod, context: { cluster: c, user: u, namespace: default } }]
`;

  return {
    client,
    apply,
    async run(argv, { where = 'laptop', ...how } = {}) {
      const terminal = testTerminal(how);
      const place = testFolder(
        where === 'laptop' ? {} : { config: configOf(where === 'cluster' ? server.adminToken : where.token) },
      );
      const made = testSurroundings({
        terminal,
        ...(where === 'laptop'
          ? { cwd: join(folder.dir, 'work') }
          : { env: { KUBECONFIG: place.path('config') }, cwd: place.dir }),
      });
      try {
        await runCommandLine(['node', 'carto', ...argv], { ...made, findRun });
      } finally {
        place.dispose();
      }
      return { code: terminal.exitCode, out: terminal.written(), err: terminal.told() };
    },
    async app(namespace, name, packages) {
      const files = packages.map((each): [string, string] => {
        const [packageName = '', version = ''] = each.split('@');
        return [`app/node_modules/${packageName}/package.json`, JSON.stringify({ name: packageName, version })];
      });
      const { digest } = served.repository(`${namespace}/${name}`).add(files);
      await apply(appYaml(namespace, name, `${served.host}/${namespace}/${name}@${digest}`));
      const workload = await client.get(carto.kinds.Workload, { namespace, name });
      const stampedRef = {
        apiVersion: 'scanning.carto.run/v1alpha1',
        kind: 'ImageScan',
        namespace,
        name,
        resource: 'imagescans.scanning.carto.run',
      };
      const status = { resources: [{ name: 'scan', stampedRef }] };
      await client.updateStatus(carto.kinds.Workload, { ...workload, status });
    },
    async advisory(id, record) {
      const { status: before } = await client.get(scanningKinds.ClusterVulnerabilitySource, { name: 'advisories' });
      await writeFile(join(scanning.folder, `${id}.json`), JSON.stringify(record));
      const count = (status: unknown): number => (status as { advisories?: number } | undefined)?.advisories ?? 0;
      await soon(async () => {
        const { status } = await client.get(scanningKinds.ClusterVulnerabilitySource, { name: 'advisories' });
        if (count(status) <= count(before)) throw new Error(`${id} is not taken in: ${JSON.stringify(status)}`);
      });
    },
    async verdict(namespace, name, result) {
      await soon(async () => {
        const { status } = await client.get(scanningKinds.ImageScan, { namespace, name });
        const said = (status as { verdict?: { result?: string } } | undefined)?.verdict?.result;
        if (said !== result) throw new Error(`${namespace}/${name} is ${said}: ${JSON.stringify(status)}`);
      });
    },
    steady: (text) =>
      text
        .replaceAll(served.host, 'registry.example.com')
        .replaceAll(/sha256:[0-9a-f]{64}/g, `sha256:${'0'.repeat(64)}`)
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'),
    async [Symbol.asyncDispose]() {
      await takeAway();
      await forwarding[Symbol.asyncDispose]();
      await scanning.scanner.stop();
      await embedded.close();
      await served[Symbol.asyncDispose]();
      folder.dispose();
    },
  };
}

/** Hands requests on to the server, as they are. */
function passOn(url: string, ca: string): RequestListener {
  return (request, response) => {
    const { method, headers } = request;
    const onward = httpsRequest(new URL(request.url ?? '', url), { method, headers, ca }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', (error) => response.destroy(error));
    request.pipe(onward);
  };
}

/** The Service of the scanner, and a pod behind it that is ready. */
function scannerPod(port: number): string {
  return `
{apiVersion: v1, kind: Service, metadata: {name: ${SCANNER_NAMES.questionsService}, namespace: ${SYSTEM}}, spec: {selector: {app: scanner}, ports: [{port: 443, targetPort: questions}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: scanner-1, namespace: ${SYSTEM}, labels: {app: scanner}}
spec: {containers: [{name: scanner, image: scanner, ports: [{name: questions, containerPort: ${port}}]}]}
`;
}

function appYaml(namespace: string, name: string, image: string): string {
  return `
{apiVersion: v1, kind: Namespace, metadata: {name: ${namespace}}}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: ${name}, namespace: ${namespace}}
spec: {image: "${image}"}
---
apiVersion: scanning.carto.run/v1alpha1
kind: ImageScan
metadata: {name: ${name}, namespace: ${namespace}, labels: {carto.run/workload-name: ${name}}}
spec: {image: "${image}", policyRef: {name: gate}}
`;
}

/** A policy that refuses what is High, and lets namespaces excuse. */
export const POLICY = `
apiVersion: scanning.carto.run/v1alpha1
kind: ClusterScanPolicy
metadata: {name: gate}
spec:
  namespaceSelector: {}
  deny: [{severityAtLeast: High}]
  exceptions: {namespaced: Allowed, upTo: Critical, maxDays: 30}
`;
