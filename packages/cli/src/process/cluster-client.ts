import {
  type Client,
  type ClusterAccess,
  createClient,
  createHttpTransport,
  inClusterAccess,
  isInCluster,
  loadKubeconfig,
  systemClock,
} from '@cartographer/kube';
import type { Transport } from '@cartographer/machinery';
import { VERSION } from '../running/version.ts';

/** Which cluster a command talks to. */
export type ClusterOptions = {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** In a pod, use the pod's own account when no kubeconfig is named. */
  readonly preferPod?: boolean;
};

/** Name and version, as the API server's audit log shows them. */
export const USER_AGENT = `carto/${VERSION}`;

/** A connection to a cluster. */
export type Connection = {
  readonly client: Client;
  readonly transport: Transport;
  /** `https://host:port` of the API server. */
  readonly server: string;
  /** The namespace of the pod, when its own account is used. */
  readonly podNamespace: string | undefined;
  close(): Promise<void>;
};

/** Connects to the cluster that the flags, `KUBECONFIG` or the default kubeconfig name; close it at the end. */
export async function connect(options: ClusterOptions): Promise<Connection> {
  const { access, inPod } = accessOf(options);
  const transport = createHttpTransport(access);
  const client = createClient({ transport, clock: systemClock, userAgent: USER_AGENT });
  const { server, namespace } = access;
  return { client, transport, server, podNamespace: inPod ? namespace : undefined, close: () => transport.close() };
}

type Access = { readonly access: ClusterAccess; readonly inPod: boolean };

function accessOf({ kubeconfig, context, preferPod = false }: ClusterOptions): Access {
  const { env } = process;
  const named = kubeconfig !== undefined || context !== undefined || (env['KUBECONFIG'] ?? '') !== '';
  if (preferPod && !named && isInCluster(env)) {
    return { access: inClusterAccess({ env, clock: systemClock }), inPod: true };
  }
  const isInteractive = process.stdin.isTTY;
  const access = loadKubeconfig({
    env,
    clock: systemClock,
    isInteractive,
    ...(kubeconfig === undefined ? {} : { path: kubeconfig }),
    ...(context === undefined ? {} : { context }),
  });
  return { access, inPod: false };
}
