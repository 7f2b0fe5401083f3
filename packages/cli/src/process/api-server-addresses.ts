import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Client, getIfThere } from '@cartographer/kube';
import {
  getPath,
  type KubeObject,
  type Log,
  listAt,
  messageOf,
  type ResourceType,
  textsAt,
} from '@cartographer/machinery';

/** What {@link apiServerAddresses} asks. */
export type ApiServerLookup = {
  /** `https://host:port` of the API server, as this process reaches it. */
  readonly server: string;
  readonly client: Pick<Client, 'get'>;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Addresses of a host name; by default those that the machine finds. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
};

const SLICES: ResourceType = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  namespaced: true,
};
/** What an API server publishes of itself. */
const OWN_SLICE = { namespace: 'default', name: 'kubernetes' };
const HTTPS_PORT = 443;
/** So long an API server that does not answer is waited for. */
const LONGEST_MS = 10_000;

/**
 * Where the API server is, each as `ADDRESS:PORT`: as this process reaches it, and behind its Service. Whoever names an image
 * or a source names no address of it by that. What cannot be found out is warned of: nothing is judged by it.
 */
export async function apiServerAddresses(asked: ApiServerLookup): Promise<readonly string[]> {
  const found = await Promise.all([addressesOfUrl(asked), addressesOfEndpoints(asked)]);
  return [...new Set(found.flat())];
}

async function addressesOfUrl({ server, log, resolve = resolved }: ApiServerLookup): Promise<readonly string[]> {
  const { hostname, port, protocol } = new URL(server);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const at = port === '' ? (protocol === 'http:' ? 80 : HTTPS_PORT) : Number(port);
  try {
    const addresses = isIP(host) === 0 ? await resolve(host) : [host];
    return addresses.map((address) => place(address, at));
  } catch (error) {
    log.warn({ server, reason: messageOf(error) }, 'addresses of the API server are not known, so not refused');
    return [];
  }
}

async function addressesOfEndpoints({ client, log, signal }: ApiServerLookup): Promise<readonly string[]> {
  try {
    const until = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
    const slice = await getIfThere(client, SLICES, OWN_SLICE, { signal: until });
    return slice === undefined ? [] : placesOf(slice);
  } catch (error) {
    log.warn(
      { reason: messageOf(error) },
      'addresses behind the Service of the API server are not known, so not refused',
    );
    return [];
  }
}

function placesOf(slice: KubeObject): readonly string[] {
  const ports = listAt(slice, 'ports').map((port) => Number(getPath(port, 'port') ?? HTTPS_PORT));
  const addresses = listAt(slice, 'endpoints').flatMap((endpoint) => textsAt(endpoint, 'addresses'));
  return addresses.flatMap((address) => ports.map((port) => place(address, port)));
}

function place(address: string, port: number): string {
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

async function resolved(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
