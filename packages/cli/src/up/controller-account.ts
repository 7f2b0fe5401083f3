import { controllerRights, INSTALL_NAMES } from '@cartographer/controller';
import { CONVENTIONS_NAMES, conventionsRights, conventionsRoles, intentSecretsRights } from '@cartographer/conventions';
import { JENKINS_NAMES, jenkinsRights, jenkinsRoles, serverSecretsRights } from '@cartographer/jenkins';
import { type Client, createTokenCache, type RestMapper } from '@cartographer/kube';
import { allEnded, type Clock, type KubeObject, type Log, type Transport } from '@cartographer/machinery';
import { SCANNER_NAMES, scannerRights, scanningRoles } from '@cartographer/scanning';

/** What {@link asAccount} needs. */
export type AccountOptions = {
  /** Acts as the admin. */
  readonly client: Client;
  readonly mapper: RestMapper;
  readonly clock: Clock;
  readonly log: Log;
  /** Reaches the server, with or without an identity of its own. */
  readonly transport: Transport;
};

const FIELD_MANAGER = 'carto-up';

/** A transport that acts as the controller does in a cluster. */
export function asController(options: AccountOptions): Promise<Transport> {
  const { namespace, controller } = INSTALL_NAMES;
  return asAccount(options, { namespace, name: controller, rights: controllerRights(namespace) });
}

/** A transport that acts as the scanner does in a cluster; the roles of people come with it. */
export function asScanner(options: AccountOptions): Promise<Transport> {
  const { namespace } = INSTALL_NAMES;
  return asAccount(options, {
    namespace,
    name: SCANNER_NAMES.scanner,
    rights: [...scannerRights(namespace), ...scanningRoles()],
  });
}

/** A transport that acts as what runs builds on Jenkins does in a cluster; it may read the Secrets of this namespace. */
export function asJenkins(options: AccountOptions, secretsIn: string): Promise<Transport> {
  const { namespace } = INSTALL_NAMES;
  return asAccount(options, {
    namespace,
    name: JENKINS_NAMES.jenkins,
    rights: [...jenkinsRights(namespace), ...jenkinsRoles(), ...serverSecretsRights(namespace, [secretsIn])],
  });
}

/** A transport that acts as what applies conventions does in a cluster; it may read the pull secrets of this namespace. */
export function asConventions(options: AccountOptions, secretsIn: string): Promise<Transport> {
  const { namespace } = INSTALL_NAMES;
  return asAccount(options, {
    namespace,
    name: CONVENTIONS_NAMES.conventions,
    rights: [...conventionsRights(namespace), ...conventionsRoles(), ...intentSecretsRights(namespace, [secretsIn])],
  });
}

/**
 * Sets up an account and the rights that it has in a cluster, and gives a transport that acts as it: what runs on this
 * machine shows that those rights are enough.
 */
async function asAccount(
  { client, mapper, clock, log, transport }: AccountOptions,
  {
    namespace,
    name,
    rights,
  }: { readonly namespace: string; readonly name: string; readonly rights: readonly KubeObject[] },
): Promise<Transport> {
  const apply = async (object: KubeObject): Promise<KubeObject> =>
    client.apply(await mapper.resourceFor(object), object, { fieldManager: FIELD_MANAGER, force: true });
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const applied = await allEnded(rights.map(apply));
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
