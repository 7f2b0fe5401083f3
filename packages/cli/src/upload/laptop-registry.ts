import { type Client, getIfThere, SECRETS } from '@cartographer/kube';
import { textAt } from '@cartographer/machinery';
import { dockerConfigsIn, loginsFor } from '@cartographer/oci';
import type { RegistryAccess } from './registry-access.ts';

/** The Secret by which `carto up` says where sources may be pushed to, and with which login. */
export const SOURCE_REGISTRY = { namespace: 'cartographer-system', name: 'carto-source-registry' } as const;
/** Its annotation with the host and port. */
export const SOURCE_REGISTRY_HOST = 'carto.run/source-registry';

/** Where the sources of one owner go when no registry is named. */
export type SourceRegistry = { readonly repository: string; readonly registry: RegistryAccess };

/** The registry of the `carto up` that a client talks to; undefined where it is none. */
export async function laptopRegistry(
  client: Client,
  owner: { readonly namespace: string; readonly name: string },
): Promise<SourceRegistry | undefined> {
  const secret = await getIfThere(client, SECRETS, SOURCE_REGISTRY);
  const host = textAt(secret?.metadata.annotations, SOURCE_REGISTRY_HOST);
  if (secret === undefined || host === '') return undefined;
  const repository = `sources/${owner.namespace}/${owner.name}`;
  const [login] = loginsFor(dockerConfigsIn(secret), { registry: host, repository });
  if (login === undefined) return undefined;
  const { username, password } = login;
  return { repository: `${host}/${repository}`, registry: { username, password: password.reveal(), plainHttp: true } };
}
