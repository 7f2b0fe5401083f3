import { toYaml } from '@cartographer/machinery';

/** What a kubeconfig needs to know. */
export type KubeconfigAccess = { readonly url: string; readonly caPem: string; readonly token: string };

/** A kubeconfig that makes `kubectl` talk to this server as the admin. It holds the token: write it with mode 0600. */
export function kubeconfigText({ url, caPem, token }: KubeconfigAccess): string {
  const name = 'cartographer';
  return toYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name, context: { cluster: name, user: 'admin', namespace: 'default' } }],
    'current-context': name,
  });
}
