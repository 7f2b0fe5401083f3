import { controllerRights, INSTALL_NAMES } from '@cartographer/controller';
import { type Client, createTokenCache, type RestMapper } from '@cartographer/kube';
import { allEnded, type Clock, type KubeObject, type Log, type Transport } from '@cartographer/machinery';

/** What {@link asController} needs. */
export type ControllerAccountOptions = {
  /** Acts as the admin. */
  readonly client: Client;
  readonly mapper: RestMapper;
  readonly clock: Clock;
  readonly log: Log;
  /** Reaches the server, with or without an identity of its own. */
  readonly transport: Transport;
};

const FIELD_MANAGER = 'carto-up';

/**
 * Sets up the account and the rights that the controller has in a cluster, and gives a transport that acts as it: what
 * runs on this machine shows that those rights are enough.
 */
export async function asController({
  client,
  mapper,
  clock,
  log,
  transport,
}: ControllerAccountOptions): Promise<Transport> {
  const { namespace, controller: name } = INSTALL_NAMES;
  const apply = async (object: KubeObject): Promise<KubeObject> =>
    client.apply(await mapper.resourceFor(object), object, { fieldManager: FIELD_MANAGER, force: true });
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const applied = await allEnded(controllerRights(namespace).map(apply));
  const uid = applied.find(({ kind }) => kind === 'ServiceAccount')?.metadata.uid ?? '';
  const tokens = createTokenCache({ client, clock, log });

  return {
    async request(request) {
      if (request.headers?.['authorization'] !== undefined) return transport.request(request);
      const token = await tokens.tokenFor({ namespace, name, uid }, request.signal);
      return transport.request({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
    },
    close: () => transport.close(),
  };
}
