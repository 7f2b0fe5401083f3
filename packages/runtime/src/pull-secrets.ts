import { type Client, getIfThere, isForbidden, SECRETS, SERVICE_ACCOUNTS } from '@cartographer/kube';
import { type KubeObject, listAt, type ResourceType, textAt } from '@cartographer/machinery';

/** Whose pull secrets are read. */
export type PullSecretsOf = {
  readonly namespace: string;
  /** A service account: what it names as `imagePullSecrets`. */
  readonly account: string;
  /** Names of others, which come first. */
  readonly secrets?: readonly string[];
};

/** The pull secrets of an account, as the kubelet finds them. */
export type FoundPullSecrets = {
  /** Undefined where it is not there. */
  readonly account: KubeObject | undefined;
  readonly secrets: readonly KubeObject[];
  /** Names of Secrets that are named and not there, or may not be read. */
  readonly missing: readonly string[];
  /** Changes with the account and its Secrets. */
  readonly key: string;
};

/** Reads pull secrets when they are needed; nothing of them is kept. */
export interface PullSecretReader {
  /** Throws what the API server says, but that something is not there or may not be read. */
  read(of: PullSecretsOf, signal: AbortSignal): Promise<FoundPullSecrets>;
  /** Whether the namespace did not let us read when it was asked last. */
  isForbidden(namespace: string): boolean;
}

const MOST_SECRETS = 32;

/** Makes a {@link PullSecretReader}. */
export function createPullSecretReader(client: Pick<Client, 'get'>): PullSecretReader {
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
    async read({ namespace, account: name, secrets: named = [] }, signal) {
      const account = await read(SERVICE_ACCOUNTS, namespace, name, signal);
      const names = new Set([...named, ...(account === undefined ? [] : secretNames(account))]);
      const secrets: KubeObject[] = [];
      const missing: string[] = [];
      for (const secret of [...names].filter((each) => each !== '').slice(0, MOST_SECRETS)) {
        const found = await read(SECRETS, namespace, secret, signal);
        if (found === undefined) missing.push(secret);
        else secrets.push(found);
      }
      const versions = secrets.map(({ metadata }) => `${metadata.uid}/${metadata.resourceVersion}`);
      return { account, secrets, missing, key: [account?.metadata.uid ?? '', ...versions].join(' ') };
    },
    isForbidden: (namespace) => forbidden.has(namespace),
  };
}

function secretNames(account: KubeObject): readonly string[] {
  return listAt(account, 'imagePullSecrets').map((item) => textAt(item, 'name'));
}
