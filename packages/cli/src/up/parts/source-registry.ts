import { Buffer } from 'node:buffer';
import { type Client, getIfThere, SECRETS } from '@cartographer/kube';
import type { Laptop } from '@cartographer/laptop';
import { textAt } from '@cartographer/machinery';
import { SOURCE_REGISTRY, SOURCE_REGISTRY_HOST } from '../../upload/laptop-registry.ts';

/**
 * Says in the cluster where sources may be pushed to, and with which login, for the admin to read: whoever reaches the
 * cluster with that kubeconfig needs no flags for it. Writes only what has changed.
 */
export async function publishSourceRegistry(client: Client, { hosts, push }: Laptop): Promise<void> {
  const host = hosts.images;
  const auth = Buffer.from(`${push.username}:${push.password.reveal()}`).toString('base64');
  const config = Buffer.from(JSON.stringify({ auths: { [host]: { auth } } })).toString('base64');
  const there = await getIfThere(client, SECRETS, SOURCE_REGISTRY);
  if (textAt(there, 'data', '.dockerconfigjson') === config) return;
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: { ...SOURCE_REGISTRY, annotations: { [SOURCE_REGISTRY_HOST]: host } },
    data: { '.dockerconfigjson': config },
  };
  await client.apply(SECRETS, secret, { fieldManager: 'carto-up', force: true });
}
