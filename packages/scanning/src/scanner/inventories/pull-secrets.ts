import type { Client } from '@cartographer/kube';
import { dockerConfigsIn, loginsFor, type RegistryLogin, type RepositoryName } from '@cartographer/oci';
import { createPullSecretReader } from '@cartographer/runtime';
import { pullSecretsCommand } from '../../install/scanner-rights.ts';

/** The logins of accounts, as the kubelet finds them. */
export interface PullSecrets {
  /**
   * The logins of an account for a repository, and a key that changes with the account and its Secrets. An account that is
   * not there, and Secrets that may not be read, have none.
   *
   * @throws CartoError `CARTO_PULL_SECRET` for one that cannot be read; what the API server says otherwise.
   */
  loginsFor(
    account: { readonly namespace: string; readonly account: string },
    repository: RepositoryName,
    signal: AbortSignal,
  ): Promise<{ readonly logins: readonly RegistryLogin[]; readonly key: string }>;
  /** What to do where a login is missing since Secrets of the namespace may not be read; empty where they may. */
  hint(namespace: string): string;
}

/**
 * Reads pull secrets through a client, when they are needed: nothing of them is kept.
 *
 * @param ownNamespace where the scanner's account is.
 */
export function createPullSecrets(client: Pick<Client, 'get'>, ownNamespace: string): PullSecrets {
  const reader = createPullSecretReader(client);
  return {
    async loginsFor(account, repository, signal) {
      const { secrets, key } = await reader.read(account, signal);
      return { logins: loginsFor(secrets.flatMap(dockerConfigsIn), repository), key };
    },
    hint: (namespace) =>
      reader.isForbidden(namespace)
        ? `let the scanner read pull secrets: ${pullSecretsCommand(ownNamespace, namespace)}`
        : '',
  };
}
