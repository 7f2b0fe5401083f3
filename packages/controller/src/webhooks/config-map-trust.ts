import { type Client, CONFIG_MAPS, getIfThere } from '@cartographer/kube';
import { type Log, textAt } from '@cartographer/machinery';
import type { TrustPlace } from './certificate-keeper.ts';
import type { SecretKey } from './certificate-secret.ts';

const KEY = 'ca.crt';
const FIELD_MANAGER = 'cartographer-certificate';

/** Publishes the authority of a Service in a ConfigMap, under `ca.crt`: whoever calls reads it there. */
export function configMapTrust({
  client,
  log,
  key,
}: {
  readonly client: Client;
  readonly log: Log;
  readonly key: SecretKey;
}): TrustPlace {
  return {
    type: CONFIG_MAPS,
    ...key,
    async put(caPem, signal) {
      const live = await getIfThere(client, CONFIG_MAPS, key, { signal });
      if (textAt(live, 'data', KEY) === caPem) return;
      const how = { fieldManager: FIELD_MANAGER, signal };
      const data = { [KEY]: caPem };
      if (live === undefined) {
        await client.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data }, how);
      } else {
        await client.update(CONFIG_MAPS, { ...live, data }, how);
      }
      log.info({ configMap: key }, 'authority of the certificate published');
    },
  };
}
