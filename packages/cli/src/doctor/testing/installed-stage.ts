import { crds } from '@cartographer/api';
import {
  defaultInstallValues,
  INSTALL_NAMES,
  installation,
  issueCertificate,
  WEBHOOK_CONFIGURATIONS,
} from '@cartographer/controller';
import { LEASES } from '@cartographer/kube';
import { type KubeObject, type ResourceType, rfc3339Micro } from '@cartographer/machinery';
import { grantedAccount, type StagedServer, stageServer } from '@cartographer/testkit';
import { runCommandLine } from '../../command-line.ts';
import { type TestTerminalOptions, testSurroundings, testTerminal } from '../../frame/testing/test-surroundings.ts';
import { VERSION } from '../../running/version.ts';

/** A cluster with Cartographer in it, and a person who runs commands against it. */
export interface InstalledStage extends StagedServer, AsyncDisposable {
  /** Runs a command to its end, time going on meanwhile. */
  run(argv: readonly string[], terminal?: TestTerminalOptions, interrupt?: AbortController): Promise<Ran>;
  applyAll(objects: readonly KubeObject[]): Promise<void>;
  /** Writes the status of an object, as its controller does. */
  says(type: ResourceType, key: Key, status: KubeObject['status']): Promise<void>;
  /** What the leader does with its lease from now on. */
  readonly leader: Leader;
}

/** How the leader of a stage behaves. */
type Leader = {
  /** Renews no more. */
  silence(): void;
  /** Renews by a clock that is ahead by so much. */
  skew(ms: number): void;
};

/** How a command ended, and what it printed. */
type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** Ages on screens are to be far from where they change. */
const HALF_A_DAY_MS = 12 * 60 * 60_000;
/** How often the leader renews. */
export const RENEW_MS = 2_000;

type Key = { readonly namespace?: string; readonly name: string };

/** Deployments, as the client names them. */
export const DEPLOYMENTS: ResourceType = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  namespaced: true,
};

const { namespace, controller, lease, webhookSecret, webhookService } = INSTALL_NAMES;
/** The Deployment of the controller. */
export const CONTROLLER = { namespace, name: controller };
/** What replicas are elected by. */
export const LEASE = { namespace, name: lease };
/** Where the certificate of the webhooks is. */
export const WEBHOOK_SECRET = { namespace, name: webhookSecret };

/** Kinds of a real server that the embedded one has no use for: a configuration of webhooks, and who is behind a Service. */
const MORE_KINDS = [definition(WEBHOOK_CONFIGURATIONS), definition(endpointSlices())];

/** An API server on which nothing is installed. */
export async function emptyStage(): Promise<InstalledStage> {
  return stageOf(await stageServer({ crds: [], userAgent: 'test', authorization: 'RBAC' }));
}

/** An installation that lacks nothing; its controller leads, and does nothing else. */
export async function installedStage(): Promise<InstalledStage> {
  const staged = await stageServer({ crds: [...crds(), ...MORE_KINDS], userAgent: 'test', authorization: 'RBAC' });
  const stage = stageOf(staged);
  const { client } = staged;
  await stage.applyAll([...grantedAccount('default'), ...installation(defaultInstallValues(VERSION))]);
  await stage.says(DEPLOYMENTS, CONTROLLER, { replicas: 2, readyReplicas: 2, availableReplicas: 2 });
  await certify(stage, HALF_A_DAY_MS);
  await stage.applyAll([
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        namespace,
        name: `${webhookService}-a`,
        labels: { 'kubernetes.io/service-name': webhookService },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.7'], conditions: { ready: true } }],
    },
  ]);
  const held = await client.create(LEASES, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: LEASE,
    spec: { holderIdentity: 'cartographer-controller-6d4f_a1b2', leaseDurationSeconds: 15 },
  });
  return { ...stage, leader: keepRenewing(staged, held) };
}

/** Makes a certificate, `ageMs` ago, and has the API server trust it. */
export async function certify({ client, clock, applyAll }: InstalledStage, ageMs: number): Promise<void> {
  const host = `${webhookService}.${namespace}.svc`;
  const { caPem, certPem, keyPem } = await issueCertificate([host], clock.now() - ageMs);
  const encoded = (text: string): string => Buffer.from(text).toString('base64');
  const data = { 'ca.crt': encoded(caPem), 'tls.crt': encoded(certPem), 'tls.key': encoded(keyPem) };
  await applyAll([{ apiVersion: 'v1', kind: 'Secret', metadata: WEBHOOK_SECRET, type: 'kubernetes.io/tls', data }]);
  await trust({ client }, encoded(caPem));
}

/** Tells the API server an authority. */
export async function trust({ client }: Pick<StagedServer, 'client'>, caBundle: string): Promise<void> {
  const key = { name: INSTALL_NAMES.webhookConfiguration };
  const { webhooks } = await client.get(WEBHOOK_CONFIGURATIONS, key);
  const told = (webhooks as readonly { readonly clientConfig: object }[]).map(({ clientConfig, ...rest }) => {
    return { ...rest, clientConfig: { ...clientConfig, caBundle } };
  });
  await client.patch(WEBHOOK_CONFIGURATIONS, key, { kind: 'merge', body: { webhooks: told } });
}

function stageOf(staged: StagedServer): InstalledStage {
  const { server, client, mapper, clock, faults } = staged;
  return {
    ...staged,
    async run(argv, options, interrupt = new AbortController()) {
      const surroundings = testSurroundings({ transport: faults, clock, terminal: testTerminal(options), interrupt });
      let ended = false;
      const running = runCommandLine(['node', 'carto', ...argv], surroundings).finally(() => (ended = true));
      await Promise.all([running, clock.advanceUntil(() => ended)]);
      const { terminal } = surroundings;
      return { code: terminal.exitCode, out: terminal.written(), err: terminal.told() };
    },
    async applyAll(objects) {
      for (const object of objects) {
        await client.apply(await mapper.resourceFor(object), object, { fieldManager: 'carto-install', force: true });
      }
    },
    async says(type, key, status) {
      const live = await client.get(type, key);
      await client.updateStatus(type, { ...live, status });
    },
    leader: { silence: () => undefined, skew: () => undefined },
    async [Symbol.asyncDispose]() {
      await server.close();
    },
  };
}

function keepRenewing({ client, clock }: StagedServer, held: KubeObject): Leader {
  let lease = held;
  let aheadMs = 0;
  let isAlive = true;
  const renew = async (): Promise<void> => {
    if (!isAlive) return;
    const spec = { ...(lease['spec'] as object), renewTime: rfc3339Micro(clock.now() + aheadMs) };
    lease = await client.update(LEASES, { ...lease, spec });
    clock.schedule(RENEW_MS, () => void renew());
  };
  clock.schedule(0, () => void renew());
  return { silence: () => void (isAlive = false), skew: (ms) => void (aheadMs = ms) };
}

function definition({ group, version, kind, resource, namespaced }: ResourceType): KubeObject {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${resource}.${group}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in of a test' },
    },
    spec: {
      group,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names: { kind, plural: resource, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  };
}

function endpointSlices(): ResourceType {
  return {
    group: 'discovery.k8s.io',
    version: 'v1',
    kind: 'EndpointSlice',
    resource: 'endpointslices',
    namespaced: true,
  };
}
