import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Client,
  createClient,
  createHttpTransport,
  isNotFound,
  loadKubeconfig,
  systemClock,
} from '@cartographer/kube';
import type { KubeObject, ResourceType, Transport } from '@cartographer/machinery';
import { applyObjects } from './apply-objects.ts';
import { type AuditLog, createAuditLog } from './audit-log.ts';
import { buildPrograms, type Programs } from './build-programs.ts';
import { type ClusterProcess, createClusterProcess, type ProcessSpec } from './cluster-process.ts';
import { type ClusterUser, defaultUsers, kubeconfigText, writeCredentials } from './cluster-users.ts';
import {
  apiServerArgv,
  auditFile,
  type ControlPlane,
  certificateFile,
  controllerManagerArgv,
  etcdArgv,
} from './control-plane.ts';
import { freePorts } from './free-port.ts';
import { preparePeer } from './peers.ts';
import { type Peer, peers } from './programs.ts';
import { createReaper, type Reaper } from './reaper.ts';

/** How the cluster of a test is to be. */
export type TestClusterOptions = {
  readonly peers?: readonly Peer[];
  /** Who may do what; `RBAC` by default. */
  readonly authorization?: 'RBAC' | 'AlwaysAllow';
  /** Whether every request is written down; it is by default. */
  readonly audit?: boolean;
  /** Without one there is no garbage collector, and accounts do not make themselves. */
  readonly controllerManager?: boolean;
  /** Controllers of the controller manager besides those that matter without nodes, such as `job-controller`. */
  readonly controllers?: readonly string[];
  /** No limit on requests in flight that a few hundred workers reach. */
  readonly forLoad?: boolean;
  /** Users besides {@link defaultUsers}. */
  readonly users?: readonly ClusterUser[];
  /** More flags of kube-apiserver. */
  readonly serverFlags?: readonly string[];
  /** What is in the cluster from the start; definitions are established when it has started. */
  readonly objects?: readonly KubeObject[];
};

/** A real cluster without nodes: etcd, kube-apiserver, kube-controller-manager and what was asked for besides. */
export interface TestCluster extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** The server's certificate, by which clients know it. */
  readonly caFile: string;
  /** A folder for the files of the test; it goes with the cluster. */
  readonly folder: string;
  readonly programs: Programs;
  /** Speaks as the user `admin`, a member of `system:masters`. */
  readonly client: Client;
  /** A client of another user. */
  clientOf(user: string): Client;
  /** The path of a kubeconfig for a user. */
  kubeconfig(user?: string): string;
  /** The path of a kubeconfig with a token of its own. */
  kubeconfigWithToken(name: string, token: string): string;
  readonly audit: AuditLog;
  /** `etcd`, `kube-apiserver`, `kube-controller-manager`, `source-controller`, `tekton-controller`, or what was {@link run}. */
  process(name: string): ClusterProcess;
  /** Runs a program beside the cluster until that ends. */
  run(spec: ProcessSpec): Promise<ClusterProcess>;
  /** Ends every process and removes the folder. */
  stop(): Promise<void>;
}

const ATTEMPTS = 3;

/**
 * Starts a cluster on free ports. What it runs ends with {@link TestCluster.stop}, and with this process however that
 * ends.
 * @throws Error when the programs are not built, or when one of them does not start
 */
export async function startCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const programs = await builtPrograms(options.peers ?? []);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(programs, options);
    } catch (error) {
      // Between finding a free port and listening on it, another process may have taken it.
      if (attempt === ATTEMPTS || !(error as Error).message.includes('address already in use')) throw error;
    }
  }
}

async function builtPrograms(wanted: readonly Peer[]): Promise<Programs> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const outcome = await buildPrograms({
    env: process.env,
    clock: systemClock,
    say,
    without: peers.filter((peer) => !wanted.includes(peer)),
  });
  if (outcome.kind !== 'ready') throw new Error(outcome.message);
  return outcome.programs;
}

async function start(programs: Programs, options: TestClusterOptions): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'carto-cluster-'));
  const household = createHousehold(folder);
  try {
    const [etcd = 0, etcdPeer = 0, api = 0] = await freePorts(3);
    const credentials = writeCredentials(folder, [...defaultUsers, ...(options.users ?? [])]);
    const plane: ControlPlane = { programs, folder, ports: { etcd, etcdPeer, api }, credentials };
    const access = createAccess(plane, household);
    await startControlPlane(plane, options, household, access);
    const client = access.clientOf('admin');
    if (options.objects !== undefined) await applyObjects(client, systemClock, options.objects);
    await Promise.all(
      (options.peers ?? []).map(async (peer) => {
        const { kubeconfig } = access;
        await household.run(await preparePeer(peer, { programs, client, clock: systemClock, folder, kubeconfig }));
      }),
    );
    return {
      url: access.url,
      caFile: certificateFile(plane),
      folder,
      programs,
      client,
      clientOf: access.clientOf,
      kubeconfig: (user = 'admin') => access.kubeconfig(user),
      kubeconfigWithToken: access.kubeconfigWithToken,
      audit: createAuditLog(auditFile(folder), client, systemClock),
      process: household.process,
      run: household.run,
      stop: household.stop,
      [Symbol.asyncDispose]: household.stop,
    };
  } catch (error) {
    await household.stop();
    throw error;
  }
}

/** What has to end with the cluster. */
type Household = {
  readonly transports: Transport[];
  run(spec: ProcessSpec): Promise<ClusterProcess>;
  process(name: string): ClusterProcess;
  stop(): Promise<void>;
};

function createHousehold(folder: string): Household {
  const reaper: Reaper = createReaper(folder);
  const processes = new Map<string, ClusterProcess>();
  const transports: Transport[] = [];
  let stopped: Promise<void> | undefined;
  return {
    transports,
    async run(spec) {
      if (processes.has(spec.name)) throw new Error(`there is a process ${spec.name} already`);
      const logFile = join(folder, `${spec.name}.log`);
      const started = createClusterProcess(spec, { reaper, clock: systemClock, logFile });
      processes.set(spec.name, started);
      await started.start();
      return started;
    },
    process(name) {
      const found = processes.get(name);
      if (found === undefined) throw new Error(`there is no process ${name}, only ${[...processes.keys()].join(', ')}`);
      return found;
    },
    stop: () => (stopped ??= stopAll()),
  };

  async function stopAll(): Promise<void> {
    await Promise.all(transports.map((transport) => transport.close()));
    // Nothing here needs to be ended gently: the data goes, too.
    await Promise.all([...processes.values()].map((each) => each.end()));
    await reaper.close();
  }
}

type Access = Pick<TestCluster, 'url' | 'clientOf' | 'kubeconfigWithToken'> & {
  kubeconfig(user: string): string;
};

function createAccess(plane: ControlPlane, { transports }: Household): Access {
  const { folder, credentials } = plane;
  const url = `https://127.0.0.1:${plane.ports.api}`;
  const clients = new Map<string, Client>();
  const kubeconfigWithToken = (name: string, token: string): string => {
    const path = join(folder, `kubeconfig-${name.replaceAll(/[^\w-]/g, '-')}.yaml`);
    writeFileSync(path, kubeconfigText(url, certificateFile(plane), name, token), { mode: 0o600 });
    return path;
  };
  const kubeconfig = (user: string): string => kubeconfigWithToken(user, credentials.tokenOf(user));
  return {
    url,
    kubeconfig,
    kubeconfigWithToken,
    clientOf(user) {
      let client = clients.get(user);
      if (client === undefined) {
        const access = loadKubeconfig({ env: {}, path: kubeconfig(user), clock: systemClock });
        const transport = createHttpTransport(access);
        transports.push(transport);
        client = createClient({ transport, clock: systemClock, userAgent: `testkit/${user}` });
        clients.set(user, client);
      }
      return client;
    },
  };
}

const MANAGER = 'system:kube-controller-manager';

async function startControlPlane(
  plane: ControlPlane,
  {
    authorization = 'RBAC',
    audit = true,
    controllerManager = true,
    controllers = [],
    forLoad = false,
    serverFlags = [],
  }: TestClusterOptions,
  { run }: Household,
  access: Access,
): Promise<void> {
  const health = `http://127.0.0.1:${plane.ports.etcd}/health`;
  await run({ name: 'etcd', argv: etcdArgv(plane), ready: async () => (await fetch(health)).ok });
  await run({
    name: 'kube-apiserver',
    argv: apiServerArgv(plane, { authorization, audit, forLoad, flags: serverFlags }),
    // The client can only be made once the server has made its certificate.
    ready: async () => (await access.clientOf('admin').raw({ method: 'GET', path: '/readyz' })).status === 200,
  });
  if (!controllerManager) return;
  await run({
    name: 'kube-controller-manager',
    argv: controllerManagerArgv(plane, access.kubeconfig(MANAGER), controllers),
    ready: () => hasDefaultAccount(access.clientOf('admin')),
  });
}

const ACCOUNTS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  namespaced: true,
};

/** The sign that the controllers of the controller manager are at work. */
async function hasDefaultAccount(client: Client): Promise<boolean> {
  try {
    await client.get(ACCOUNTS, { namespace: 'default', name: 'default' });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
