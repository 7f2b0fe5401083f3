import { Buffer } from 'node:buffer';
import { ApiError, type Client } from '@cartographer/kube';
import { failure, type KubeObject } from '@cartographer/machinery';
import type { ImageAccess } from '../image-access.ts';

/** Service accounts of a test, and their pull secrets for one registry. */
export type HeldLogins = {
  readonly client: Pick<Client, 'get'>;
  /** Makes a service account, anew if there is one; it has a pull secret if there is a login, `USER:PASSWORD`. */
  account(namespace: string, login?: string, name?: string): ImageAccess;
  remove(kind: string, namespace: string, name: string): void;
  /** Namespaces whose Secrets may not be read. */
  readonly closed: Set<string>;
};

/** Makes {@link HeldLogins}. */
export function createHeldLogins(host: string): HeldLogins {
  const objects = new Map<string, KubeObject>();
  const closed = new Set<string>();
  let versions = 0;
  function add(kind: string, namespace: string, name: string, fields: object): void {
    versions += 1;
    const metadata = { name, namespace, uid: `${kind}-${namespace}-${name}`, resourceVersion: String(versions) };
    objects.set(`${kind} ${namespace}/${name}`, { apiVersion: 'v1', kind, metadata, ...fields });
  }
  return {
    closed,
    client: {
      async get({ kind }, { namespace = '', name }) {
        if (kind === 'Secret' && closed.has(namespace)) throw new ApiError(failure(403, 'Forbidden', 'no'));
        const found = objects.get(`${kind} ${namespace}/${name}`);
        if (found === undefined) throw new ApiError(failure(404, 'NotFound', 'no'));
        return found;
      },
    },
    account(namespace, login, name = 'default') {
      const [username = '', password = ''] = login?.split(':') ?? [];
      const config = JSON.stringify({ auths: { [host]: { username, password } } });
      const data = { '.dockerconfigjson': Buffer.from(config).toString('base64') };
      const type = 'kubernetes.io/dockerconfigjson';
      if (login !== undefined) add('Secret', namespace, `${name}-login`, { type, data });
      const imagePullSecrets = login === undefined ? [] : [{ name: `${name}-login` }];
      add('ServiceAccount', namespace, name, { imagePullSecrets });
      return { namespace, serviceAccount: name, pullSecrets: [] };
    },
    remove: (kind, namespace, name) => void objects.delete(`${kind} ${namespace}/${name}`),
  };
}
