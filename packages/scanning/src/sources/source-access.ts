import { Buffer } from 'node:buffer';
import { type Client, getIfThere, isForbidden, SECRETS } from '@cartographer/kube';
import { type KubeObject, textAt } from '@cartographer/machinery';
import { caBundlePem, createDestinations, createGuardedAgent, type DestinationRules } from '@cartographer/oci';
import { type Agent, fetch } from 'undici';
import type { SourceSpec } from '../kinds/read.ts';
import type { Fetch } from './download.ts';

/** How a source is asked, or why it cannot be. */
export type Opened =
  | { readonly kind: 'open'; readonly fetch: Fetch; readonly authorization?: string }
  | {
      readonly kind: 'refused';
      readonly reason: 'CredentialsMissing' | 'CaBundleInvalid';
      readonly message: string;
    };

/** Opens the way to sources: with their credentials, and the authorities that they trust. */
export interface SourceAccess {
  /** Reads what the source names anew each time: nothing of a Secret is kept. */
  open(name: string, spec: SourceSpec, signal: AbortSignal): Promise<Opened>;
  /** Ends the connections of a source that is gone. */
  forget(name: string): Promise<void>;
  close(): Promise<void>;
}

/** What a header can carry: RFC 9110, and RFC 7617 for what is encoded. */
const TOKEN = /^[\x21-\x7e]+$/;
const NO_CONTROL = /^[^\p{Cc}]*$/u;

/** Makes a {@link SourceAccess}; addresses are asked as the operator allows it. */
export function createSourceAccess(client: Pick<Client, 'get'>, rules: DestinationRules = {}): SourceAccess {
  const destinations = createDestinations(rules);
  const agents = new Map<string, { readonly caPem: string; readonly agent: Agent }>();

  async function forget(name: string): Promise<void> {
    const agent = agents.get(name)?.agent;
    agents.delete(name);
    await agent?.destroy();
  }

  async function agentFor(name: string, caPem: string): Promise<Agent> {
    const known = agents.get(name);
    if (known?.caPem === caPem) return known.agent;
    await forget(name);
    const agent = createGuardedAgent({ destinations, ...(caPem === '' ? {} : { caPem }) });
    agents.set(name, { caPem, agent });
    return agent;
  }

  return {
    async open(name, { url = '', secretRef, caBundle }, signal) {
      const caPem = caBundle === undefined ? '' : caBundlePem(caBundle);
      if (caPem === undefined) {
        const message = 'spec.caBundle is not the base64 text of certificates in PEM: base64 -w0 ca.crt';
        return { kind: 'refused', reason: 'CaBundleInvalid', message };
      }
      const login = secretRef === undefined ? undefined : await loginOf(client, secretRef, url, signal);
      if (login !== undefined && 'why' in login)
        return { kind: 'refused', reason: 'CredentialsMissing', message: login.why };
      const dispatcher = await agentFor(name, caPem);
      return { kind: 'open', fetch: async (to, init) => fetch(to, { ...init, dispatcher }), ...login };
    },
    forget,
    async close() {
      await Promise.allSettled([...agents.keys()].map(forget));
    },
  };
}

type Login = { readonly authorization: string } | { readonly why: string };

/** `Authorization` from a Secret with the keys that Flux takes; messages say which Secret and key, never what is in it. */
async function loginOf(
  client: Pick<Client, 'get'>,
  { namespace, name }: NonNullable<SourceSpec['secretRef']>,
  url: string,
  signal: AbortSignal,
): Promise<Login> {
  const shown = `Secret ${namespace}/${name}`;
  if (!/^https:/i.test(url)) return { why: `${shown} is not sent without TLS: use https in spec.url` };
  let secret: KubeObject | undefined;
  try {
    secret = await getIfThere(client, SECRETS, { namespace, name }, { signal });
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const command = `carto install --with scanner --pull-secrets-in ${namespace}`;
    return { why: `the scanner may not read ${shown}: ${command}` };
  }
  if (secret === undefined) return { why: `${shown} does not exist: create it, or correct spec.secretRef` };
  return headerOf(secret, shown);
}

function headerOf(secret: KubeObject, shown: string): Login {
  // Whoever writes a Secret from a file often has a line end behind it.
  const text = (key: string): string =>
    Buffer.from(textAt(secret, 'data', key), 'base64')
      .toString('utf8')
      .replace(/\r?\n$/, '');
  const [token, username, password] = [text('bearerToken'), text('username'), text('password')];
  if (token !== '') {
    return TOKEN.test(token)
      ? { authorization: `Bearer ${token}` }
      : { why: `${shown} has a bearerToken with characters that no header takes` };
  }
  if (username === '' || password === '') return { why: `${shown} has neither bearerToken nor username and password` };
  if (!NO_CONTROL.test(username + password) || username.includes(':')) {
    return { why: `${shown} has a username or password with characters that no login takes` };
  }
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}
