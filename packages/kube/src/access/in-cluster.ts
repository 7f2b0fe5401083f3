import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@cartographer/machinery';
import type { ClusterAccess } from '../transport/cluster-access.ts';
import { KubeconfigError } from './kubeconfig-error.ts';
import { createTokenFileCredentials } from './token-file.ts';

/** What {@link inClusterAccess} reads. */
export type InClusterOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Where the kubelet mounts the service account. */
  readonly folder?: string;
};

const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** True in a pod: the kubelet sets these variables in every container. */
export function isInCluster(env: InClusterOptions['env']): boolean {
  return Boolean(env['KUBERNETES_SERVICE_HOST']) && Boolean(env['KUBERNETES_SERVICE_PORT']);
}

/**
 * The access of a pod to its own cluster. The token is read again as the kubelet replaces it.
 * @throws KubeconfigError outside of a pod, or when the service account is not mounted.
 */
export function inClusterAccess({ env, clock, folder = FOLDER }: InClusterOptions): ClusterAccess {
  if (!isInCluster(env)) {
    throw new KubeconfigError(
      'not in a pod, as KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; name a kubeconfig instead',
    );
  }
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] ?? ''}`;
  const read = (name: string): string => {
    const file = join(folder, name);
    try {
      return readFileSync(file, 'utf8').trim();
    } catch (error) {
      throw new KubeconfigError('cannot be read; is automountServiceAccountToken off?', { file }, error);
    }
  };
  return {
    server,
    caPem: read('ca.crt'),
    namespace: read('namespace') || 'default',
    credentials: createTokenFileCredentials(join(folder, 'token'), clock),
  };
}
