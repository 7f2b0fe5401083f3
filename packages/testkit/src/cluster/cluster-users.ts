import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toYaml } from '@cartographer/machinery';

/** Somebody whom the server knows by a token. */
export type ClusterUser = { readonly name: string; readonly groups: readonly string[] };

const MASTERS = 'system:masters';

/** Who is there in each cluster. All but the controller manager may do everything: the audit log tells them apart. */
export const defaultUsers: readonly ClusterUser[] = [
  { name: 'admin', groups: [MASTERS] },
  { name: 'carto', groups: [MASTERS] },
  { name: 'flux', groups: [MASTERS] },
  { name: 'tekton', groups: [MASTERS] },
  { name: 'pod-player', groups: [MASTERS] },
  { name: 'system:kube-controller-manager', groups: [] },
];

/** The files by which a server knows its users, and they it. */
export type Credentials = {
  readonly tokenFile: string;
  readonly accountKeyFile: string;
  readonly accountPublicKeyFile: string;
  tokenOf(user: string): string;
};

/** Makes tokens for the users and a key for service accounts. */
export function writeCredentials(folder: string, users: readonly ClusterUser[]): Credentials {
  const tokens = new Map(users.map(({ name }) => [name, randomBytes(24).toString('hex')]));
  const lines = users.map(({ name, groups }) => `${tokens.get(name)},${name},${name},"${groups.join(',')}"`);
  const tokenFile = join(folder, 'tokens.csv');
  writeFileSync(tokenFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const accountKeyFile = join(folder, 'accounts.key');
  const accountPublicKeyFile = join(folder, 'accounts.pub');
  writeFileSync(accountKeyFile, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  writeFileSync(accountPublicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }));
  return {
    tokenFile,
    accountKeyFile,
    accountPublicKeyFile,
    tokenOf(user) {
      const token = tokens.get(user);
      if (token === undefined)
        throw new Error(`the cluster was started without a user ${user}; see ClusterOptions.users`);
      return token;
    },
  };
}

/** A kubeconfig for one user, who is named by a token. */
export function kubeconfigText(url: string, caFile: string, user: string, token: string): string {
  return toYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority': caFile } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    'current-context': 'test',
  });
}
