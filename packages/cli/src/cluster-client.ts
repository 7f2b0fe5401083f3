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
import { VERSION } from './version.ts';

/** Which cluster a command talks to. */
export type ClusterOptions = {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** In a pod, use the pod's own account when no kubeconfig is named. */
  readonly preferPod?: boolean;
};

/** A client of the cluster that the flags, `KUBECONFIG` or the default kubeconfig name; close it at the end. */
export async function connect(options: ClusterOptions): Promise<{ readonly client: Client; close(): Promise<void> }> {
  const transport = createHttpTransport(accessOf(options));
  const client = createClient({ transport, clock: systemClock, userAgent: `carto/${VERSION}` });
  return { client, close: () => transport.close() };
}

function accessOf({ kubeconfig, context, preferPod = false }: ClusterOptions): ClusterAccess {
  const { env } = process;
  const named = kubeconfig !== undefined || context !== undefined || (env['KUBECONFIG'] ?? '') !== '';
  if (preferPod && !named && isInCluster(env)) return inClusterAccess({ env, clock: systemClock });
  const isInteractive = process.stdin.isTTY;
  return loadKubeconfig({
    env,
    clock: systemClock,
    isInteractive,
    ...(kubeconfig === undefined ? {} : { path: kubeconfig }),
    ...(context === undefined ? {} : { context }),
  });
}
