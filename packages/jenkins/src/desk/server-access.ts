import { Buffer } from 'node:buffer';
import { type Client, getIfThere, isForbidden, SECRETS } from '@cartographer/kube';
import { type Clock, type KubeObject, Secret, textAt } from '@cartographer/machinery';
import { caBundlePem, createDestinations, createGuardedAgent, type DestinationRules } from '@cartographer/oci';
import { type Agent, fetch } from 'undici';
import { serverSecretsCommand } from '../install/jenkins-rights.ts';
import type { Server } from '../kinds/read.ts';
import type { ServerTrouble } from '../kinds/reasons.ts';
import type { Fetch } from '../remote/exchange.ts';
import { createJenkinsClient, type JenkinsClient } from '../remote/jenkins-client.ts';
import type { Login, SessionOptions } from '../remote/session.ts';

/** The way to a server, or why there is none. */
export type Opened =
  | {
      readonly kind: 'open';
      readonly client: JenkinsClient;
      /** Differs as soon as the server or its Secret does. */
      readonly fingerprint: string;
    }
  | { readonly kind: 'refused'; readonly reason: ServerTrouble; readonly message: string };

/** What {@link ServerAccess} needs. */
export type ServerAccessOptions = {
  readonly client: Pick<Client, 'get'>;
  readonly clock: Clock;
  /** Where the account of this process is: for the command that a message names. */
  readonly namespace: string;
  /** Hosts that servers may be at: `HOST` or `HOST:PORT`. */
  readonly serverHosts: readonly string[];
  readonly destinations: DestinationRules;
  /** In the place of a network: tests. */
  readonly fetch?: Fetch;
};

/** A Secret that has changed counts after this time at the latest, and at once where a login was refused. */
const SECRET_FRESH_MS = 60_000;
const NO_CONTROL = /^[^\p{Cc}]+$/u;

type Kept = {
  readonly spec: string;
  readonly secretVersion: string;
  readonly client: JenkinsClient;
  readonly agent: Agent | undefined;
  readAtMs: number;
};

/** Opens the way to servers: only to hosts that the operator named, with the authorities that they trust and their login. */
export class ServerAccess {
  readonly #options: ServerAccessOptions;
  readonly #kept = new Map<string, Kept>();

  constructor(options: ServerAccessOptions) {
    this.#options = options;
  }

  /** The same client as long as server and Secret are the same; the Secret is read anew after a while. */
  async open(
    key: string,
    server: Server,
    how: Pick<SessionOptions, 'turn' | 'mayChange'>,
    signal: AbortSignal,
  ): Promise<Opened> {
    const { clock } = this.#options;
    const spec = JSON.stringify(server);
    const kept = this.#kept.get(key);
    if (kept?.spec === spec && clock.monotonicMs() - kept.readAtMs < SECRET_FRESH_MS) return opened(kept);
    const why = this.#notAllowed(server.url);
    if (why !== undefined) return refused('HostNotAllowed', why);
    const caPem = server.caBundle === undefined ? '' : caBundlePem(server.caBundle);
    if (caPem === undefined) {
      return refused(
        'CaBundleInvalid',
        'spec.caBundle is not the base64 text of certificates in PEM: base64 -w0 ca.crt',
      );
    }
    const read = server.secret === undefined ? { version: '' } : await this.#login(server.secret, signal);
    if ('why' in read) return refused('CredentialsMissing', read.why);
    const { version, login } = read;
    if (kept?.spec === spec && kept.secretVersion === version) {
      kept.readAtMs = clock.monotonicMs();
      return opened(kept);
    }
    await this.forget(key);
    const agent = this.#options.fetch === undefined ? this.#agent(caPem) : undefined;
    const client = createJenkinsClient({
      url: server.url,
      clock,
      ...how,
      fetch: this.#options.fetch ?? (async (url, init) => fetch(url, { ...init, ...(agent && { dispatcher: agent }) })),
      ...(login === undefined ? {} : { login }),
    });
    const fresh: Kept = { spec, secretVersion: version, client, agent, readAtMs: clock.monotonicMs() };
    this.#kept.set(key, fresh);
    return opened(fresh);
  }

  /** A login was refused: the Secret is read anew the next time. */
  doubt(key: string): void {
    const kept = this.#kept.get(key);
    if (kept !== undefined) kept.readAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Ends the connections to a server that is not asked any more. */
  async forget(key: string): Promise<void> {
    const agent = this.#kept.get(key)?.agent;
    this.#kept.delete(key);
    await agent?.destroy();
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#kept.keys()].map((key) => this.forget(key)));
  }

  #agent(caPem: string): Agent {
    const destinations = createDestinations(this.#options.destinations);
    return createGuardedAgent({ destinations, ...(caPem === '' ? {} : { caPem }) });
  }

  #notAllowed(text: string): string | undefined {
    const {
      serverHosts,
      destinations: { plainHttp = [] },
    } = this.#options;
    if (!URL.canParse(text)) return `${text} is no URL`;
    const { host, hostname, protocol } = new URL(text);
    const isListed = (list: readonly string[]): boolean => list.includes(host) || list.includes(hostname);
    if (!isListed(serverHosts)) return `no Jenkins is asked at ${host}: name it in --server-hosts, if it is to be`;
    if (protocol === 'https:' || isListed(plainHttp)) return undefined;
    return `${host} would be asked without TLS: use https, or name it in --plain-http, if that is meant`;
  }

  /** Messages say which Secret and key, never what is in it. */
  async #login(
    { namespace, name }: NonNullable<Server['secret']>,
    signal: AbortSignal,
  ): Promise<{ readonly version: string; readonly login?: Login } | { readonly why: string }> {
    const shown = `Secret ${namespace}/${name}`;
    let secret: KubeObject | undefined;
    try {
      secret = await getIfThere(this.#options.client, SECRETS, { namespace, name }, { signal });
    } catch (error) {
      if (!isForbidden(error)) throw error;
      return { why: `${shown} may not be read: ${serverSecretsCommand(this.#options.namespace, namespace)}` };
    }
    if (secret === undefined) return { why: `${shown} does not exist: create it, or correct spec.secretRef` };
    const { uid = '', resourceVersion = '' } = secret.metadata;
    const read = loginOf(secret, shown);
    return 'why' in read ? read : { version: `${uid}/${resourceVersion}`, login: read };
  }
}

function loginOf(secret: KubeObject, shown: string): Login | { readonly why: string } {
  // Whoever writes a Secret from a file often has a line end behind it.
  const text = (key: string): string =>
    Buffer.from(textAt(secret, 'data', key), 'base64')
      .toString('utf8')
      .replace(/\r?\n$/, '');
  const [username, token, password] = [text('username'), text('apiToken'), text('password')];
  const kind = token === '' ? 'password' : 'token';
  const word = kind === 'token' ? token : password;
  if (username === '' || word === '') return { why: `${shown} has no username, or neither apiToken nor password` };
  if (!NO_CONTROL.test(username + word) || username.includes(':')) {
    return { why: `${shown} has a username, apiToken or password with characters that no login takes` };
  }
  return { kind, authorization: new Secret(`Basic ${Buffer.from(`${username}:${word}`).toString('base64')}`) };
}

function opened({ client, spec, secretVersion }: Kept): Opened {
  return { kind: 'open', client, fingerprint: `${spec}\n${secretVersion}` };
}

function refused(reason: ServerTrouble, message: string): Opened {
  return { kind: 'refused', reason, message };
}
