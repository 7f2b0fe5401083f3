import { dns1123LabelErrors, isDns1123Subdomain } from '@cartographer/machinery';
import { caBundlePem } from '@cartographer/oci';
import { ConventionCallError } from './convention-call-error.ts';

/** Where a convention server is, as `spec.webhook.clientConfig` says it: by exactly one of `url` and `service`. */
export type ClientConfig = {
  readonly url?: string | undefined;
  readonly service?:
    | {
        readonly namespace?: string | undefined;
        readonly name?: string | undefined;
        readonly path?: string | undefined;
        readonly port?: number | undefined;
      }
    | undefined;
  /** Authorities besides those of the system: PEM as base64. */
  readonly caBundle?: string | undefined;
};

/** A convention server, ready to be asked. */
export interface ConventionEndpoint {
  /** Always `https:`, without user, query or fragment. */
  readonly url: URL;
  /** What the certificate has to be of, where the server is a Service; the host of the URL otherwise. */
  readonly serverName?: string;
  /** Authorities besides those of the system, as PEM. */
  readonly caPem?: string;
  /** From the first byte of the request to the last of the answer. */
  readonly timeoutMs: number;
}

/** What {@link endpointOf} needs besides. */
export type EndpointOptions = {
  readonly timeoutMs: number;
  /** Authorities from elsewhere, as PEM: they take the place of `caBundle`. */
  readonly caPem?: string | undefined;
};

const DEFAULT_PORT = 443;

/**
 * The endpoint that a client config names, by Kubernetes' rules for webhooks.
 *
 * Its address is not held to the rules for registries: a convention is written by operators alone, and whoever may register
 * one may rewrite every pod. It is asked over TLS only, gets no credentials, and leads nowhere else: no redirect is followed.
 *
 * @throws ConventionCallError `invalid-endpoint`, naming the field.
 */
export function endpointOf(config: ClientConfig, { timeoutMs, caPem }: EndpointOptions): ConventionEndpoint {
  const { url, service, caBundle } = config;
  if (url !== undefined && service !== undefined) throw invalid('[url, service]', 'expected exactly one, got both');
  const ca = caPem ?? (caBundle === undefined || caBundle === '' ? undefined : pemOf(caBundle));
  const trust = ca === undefined ? { timeoutMs } : { caPem: ca, timeoutMs };
  if (url !== undefined) return { url: urlOf(url), ...trust };
  if (service === undefined) throw invalid('[url, service]', 'expected exactly one, got neither');
  return { ...serviceOf(service), ...trust };
}

function pemOf(caBundle: string): string {
  const pem = caBundlePem(caBundle);
  if (pem === undefined) {
    throw invalid('caBundle', 'it is not the base64 text of certificates in PEM; make it with base64 -w0 ca.crt');
  }
  return pem;
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw invalid('url', `${text} is no URL; write it as https://HOST:PORT/PATH`);
  const { protocol, username, password, search, hash } = url;
  if (protocol !== 'https:') throw invalid('url', `${url.href} is asked without TLS; convention servers are https`);
  // What it has for a user or behind `?` may be secret: it is not shown.
  const plain = `${url.origin}${url.pathname}`;
  if (username !== '' || password !== '') throw invalid('url', `${plain} has a user in front; leave it out`);
  if (search !== '' || text.includes('?')) throw invalid('url', `${plain} has a query behind it; leave it out`);
  if (hash !== '' || text.includes('#')) throw invalid('url', `${plain} has a fragment behind it; leave it out`);
  return url;
}

function serviceOf(service: NonNullable<ClientConfig['service']>): Pick<ConventionEndpoint, 'url' | 'serverName'> {
  const { namespace = '', name = '', path = '', port = DEFAULT_PORT } = service;
  for (const [field, value] of Object.entries({ namespace, name })) {
    const [error] = value === '' ? ['it is empty; name the Service'] : dns1123LabelErrors(value);
    if (error !== undefined) throw invalid(`service.${field}`, error);
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw invalid('service.port', `${port} is no port; choose one between 1 and 65535`);
  }
  if (path !== '' && !isServicePath(path)) {
    throw invalid(
      'service.path',
      `${path} does not begin with /, or one of its parts is not made of a-z, 0-9, - and .`,
    );
  }
  const serverName = `${name}.${namespace}.svc`;
  return { url: new URL(`https://${serverName}:${port}${path}`), serverName };
}

/** As Kubernetes checks it: parts that are DNS-1123 subdomains, perhaps with a slash at the end. */
function isServicePath(path: string): boolean {
  if (path === '/') return true;
  const [first, ...parts] = path.replace(/\/$/, '').split('/');
  return first === '' && parts.every(isDns1123Subdomain);
}

function invalid(field: string, why: string): ConventionCallError {
  return new ConventionCallError('invalid-endpoint', `spec.webhook.clientConfig.${field}: ${why}`);
}
