import { Buffer } from 'node:buffer';
import { type Client, getIfThere, isForbidden } from '@cartographer/kube';
import { type KubeObject, listAt, type ResourceType, textAt } from '@cartographer/machinery';
import {
  type DockerConfig,
  loginsFor,
  parseDockerConfigJson,
  parseDockercfg,
  type RegistryLogin,
  type RepositoryName,
} from '@cartographer/oci';
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

/** Whose pull secrets are used. */
export const ACCOUNTS: ResourceType = core('ServiceAccount', 'serviceaccounts');
/** Where they are. */
export const SECRETS: ResourceType = core('Secret', 'secrets');
const MOST_SECRETS = 32;

/**
 * Reads pull secrets through a client, when they are needed: nothing of them is kept.
 *
 * @param ownNamespace where the scanner's account is.
 */
export function createPullSecrets(client: Pick<Client, 'get'>, ownNamespace: string): PullSecrets {
  const forbidden = new Set<string>();

  async function read(type: ResourceType, namespace: string, name: string, signal: AbortSignal) {
    try {
      const object = await getIfThere(client, type, { namespace, name }, { signal });
      forbidden.delete(namespace);
      return object;
    } catch (error) {
      if (!isForbidden(error)) throw error;
      forbidden.add(namespace);
      return undefined;
    }
  }

  return {
    async loginsFor({ namespace, account: name }, repository, signal) {
      const account = await read(ACCOUNTS, namespace, name, signal);
      const names = account === undefined ? [] : secretNames(account);
      const configs: DockerConfig[] = [];
      const versions = [account?.metadata.uid ?? ''];
      for (const secret of names) {
        const found = await read(SECRETS, namespace, secret, signal);
        if (found === undefined) continue;
        configs.push(...configsOf(found));
        versions.push(`${found.metadata.uid}/${found.metadata.resourceVersion}`);
      }
      return { logins: loginsFor(configs, repository), key: versions.join(' ') };
    },
    hint: (namespace) =>
      forbidden.has(namespace)
        ? `let the scanner read pull secrets: ${pullSecretsCommand(ownNamespace, namespace)}`
        : '',
  };
}

function secretNames(account: KubeObject): readonly string[] {
  const names = listAt(account, 'imagePullSecrets').map((item) => textAt(item, 'name'));
  return names.filter((name) => name !== '').slice(0, MOST_SECRETS);
}

function configsOf(secret: KubeObject): readonly DockerConfig[] {
  const text = (key: string): string => Buffer.from(textAt(secret, 'data', key), 'base64').toString('utf8');
  switch (textAt(secret, 'type')) {
    case 'kubernetes.io/dockerconfigjson':
      return [parseDockerConfigJson(text('.dockerconfigjson'))];
    case 'kubernetes.io/dockercfg':
      return [parseDockercfg(text('.dockercfg'))];
    default:
      return [];
  }
}

function core(kind: string, resource: string): ResourceType {
  return { group: '', version: 'v1', kind, resource, namespaced: true };
}
